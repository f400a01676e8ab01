// Where the boxes of a graph go: those that are linked draw near, all push one another away, none lies on another. It begins from fixed
// places and takes a fixed number of steps, so that the same graph looks the same every time.

const STEPS = 220, PASSES = 160, GAP = 10;
const TURN = Math.PI * (3 - Math.sqrt(5)); // the golden angle: places on a spiral, evenly apart
const WIDER = 1.7; // boxes are wider than high

// boxes: [{ w, h }]; links: [[from, to]], numbers of boxes; width: all that there is. The middle of each box, and the height of all.
export function layout(boxes, links, width) {
  const reach = 42, places = boxes.map((_, i) => ({ x: WIDER * reach * Math.sqrt(i) * Math.cos(i * TURN), y: reach * Math.sqrt(i) * Math.sin(i * TURN) }));
  for (let step = 0; step < STEPS; step++) pull(places, links, reach, reach * (1 - step / STEPS));
  fit(places, boxes, width);
  for (let pass = 0; pass < PASSES; pass++) if (!part(places, boxes, width, pass > PASSES / 3)) break;
  const top = Math.min(...places.map((place, i) => place.y - boxes[i].h / 2)) - GAP;
  for (const place of places) place.y -= top;
  return { places, height: Math.max(0, ...places.map((place, i) => place.y + boxes[i].h / 2 + GAP)) };
}

// One step of Fruchterman and Reingold (1991), with a pull to the middle that keeps parts together that nothing links.
function pull(places, links, reach, most) {
  const forces = places.map(place => ({ x: -0.06 * place.x, y: -0.12 * place.y }));
  const push = (i, j, of) => {
    const x = (places[i].x - places[j].x) / WIDER, y = places[i].y - places[j].y, far = Math.max(Math.hypot(x, y), 0.01);
    const by = of(far) / far;
    forces[i].x += x * by * WIDER; forces[i].y += y * by;
    forces[j].x -= x * by * WIDER; forces[j].y -= y * by;
  };
  for (let i = 1; i < places.length; i++) for (let j = 0; j < i; j++) push(i, j, far => reach * reach / far);
  for (const [i, j] of links) if (i !== j) push(i, j, far => -far * far / reach);
  places.forEach((place, i) => {
    const far = Math.max(Math.hypot(forces[i].x, forces[i].y), 0.01), by = Math.min(far, most) / far;
    place.x += forces[i].x * by;
    place.y += forces[i].y * by;
  });
}

const within = (x, box, width) => Math.max(box.w / 2, Math.min(width - box.w / 2, x));

// Into the width: narrower where it is too wide, in the middle where it is not.
function fit(places, boxes, width) {
  const left = Math.min(...places.map((place, i) => place.x - boxes[i].w / 2)), right = Math.max(...places.map((place, i) => place.x + boxes[i].w / 2));
  const scale = Math.min(1, width / Math.max(right - left, 1)), middle = (left + right) / 2;
  places.forEach((place, i) => { place.x = within(width / 2 + (place.x - middle) * scale, boxes[i], width); });
}

// Moves boxes that lie on one another apart, the shorter way or, `upright`, up and down alone. Whether there were any.
function part(places, boxes, width, upright) {
  let found = false;
  for (let i = 1; i < places.length; i++) {
    for (let j = 0; j < i; j++) {
      const a = places[i], b = places[j];
      const x = (boxes[i].w + boxes[j].w) / 2 + GAP - Math.abs(a.x - b.x), y = (boxes[i].h + boxes[j].h) / 2 + GAP - Math.abs(a.y - b.y);
      if (x <= 0.01 || y <= 0.01) continue;
      found = true;
      if (x < y && !upright) {
        const by = (a.x < b.x ? -x : x) / 2;
        a.x = within(a.x + by, boxes[i], width);
        b.x = within(b.x - by, boxes[j], width);
      } else {
        const by = (a.y < b.y ? -y : y) / 2;
        a.y += by;
        b.y -= by;
      }
    }
  }
  return found;
}
