// Texts to try a model with, by what it reads. Each has the name of its button.

const PLAIN = [
  { name: "Nora Lind", text: "Nora Lind founded Fjordlys in Bergen in 2011. The company is led by her brother Jonas Lind." },
  { name: "Marie Curie", text: "Marie Curie was born in Warsaw and worked in Paris with her husband, Pierre Curie." },
  { name: "林晓雨", text: "林晓雨出生于成都，现在在上海的一家医院工作。" },
  { name: "阿里巴巴", text: "阿里巴巴由马云创立，总部位于杭州。" },
  { name: "Der Rhein", text: "Der Rhein entspringt in der Schweiz und mündet in die Nordsee." },
];

const MARKED = [
  { name: "Nora Lind", text: "<e1>Nora Lind</e1> founded <e2>Fjordlys</e2> in Bergen." },
  { name: "林晓雨", text: "<e1>林晓雨</e1>出生于<e2>成都</e2>。" },
];

const PAIRS = [
  { name: "The ferry", text: ["The ferry leaves at noon.", "No ferry leaves before the evening."] },
  { name: "渡轮", text: ["渡轮中午出发。", "中午有一班渡轮。"] },
];

const DIALOGUES = [
  { name: "The kite", text: ["Did you mend the red kite?", "Yes, yesterday.", "Can I fly it?"] },
  { name: "笛子", text: ["我想学吹笛子", "学多久了", "还没开始学"] },
];

// model: as `v1/models` gives it, with a text that it can read, which says whether two spans are to be marked.
export function examplesFor(model) {
  if (model.texts === 2) return PAIRS;
  if (model.texts === 0) return DIALOGUES;
  return /<e1>/.test(String(model.example)) ? MARKED : PLAIN;
}
