"""The words of the figures in the READMEs and in docs/, in both languages."""

from __future__ import annotations

ENGLISH = {
    "rows": "row",
    "rule": "matching",
    "rule strict": "strict",
    "rule boundaries": "exact",
    "entity": "entity F1",
    "relation": "relation F1",
    "interval": "95% interval",
    "by pair": "of pairs seen / not seen",
    "target": "target",
    "target entity": "entity",
    "target relation": "relation",
    "seconds": "training, s",
    "memory": "memory, GB",
    "threads": "threads",
    "seeds": "seeds",
    "met": "met",
    "missed": "missed",
    "peer": "our reading of SpERT on `{encoder}`",
    "recorded row": "SpERT's code, recorded elsewhere, not run here",
    "scores note": (
        "Dev sets, trained on `train` alone. F1 is the mean over the seeds, with the lowest and the highest; the "
        "interval is a bootstrap over sentences, its ends averaged over the seeds. *Strict*: boundaries and types"
        " of both entities; *exact*: the whole text of both. *Of pairs seen / not seen*: relation F1 of the pairs of "
        "names that some training sentence related, and of all others. Where data were labelled from a list of facts, "
        "as nyt was, seen pairs are mostly recalled (`recall` in the configuration); for new names expect the second "
        "number. **Each run keeps the epoch that scored best on dev, "
        "so these figures are slightly optimistic; SpERT's are of its last epoch.** Seconds are wall clock "
        "without dev scoring, the mean over the seeds. Measured with: {machine}."
    ),
    "configuration": "configuration",
    "way": "way",
    "way everything": "everything annotated",
    "way joined": "the halves joined",
    "way sources": "the halves as sources",
    "way filled": "and what they leave open filled in",
    "sources title": (
        "Several sources in one training: `conll04/train` cut in two, of which the first half annotates Peop and Org, "
        "and the relations, and the second Loc and Other (`benchmarks/sources.py`); strict scores on the whole of dev "
        "after the last epoch. *Joined* is what everybody does: what a half does not annotate is taken for absent. "
        "*Filled in*: a second training learns there from the first (`data.fill`)."
    ),
    "box title": (
        "The model in the box beside others (`benchmarks/box.py`), on `examples/everyday`: precision / recall of names "
        "by their place, the share of right kinds of those found, precision / recall of facts (place of both names and "
        "relation), and of Chinese and German the F1 of names / facts. *Beside spaCy*: without times, which spaCy "
        "marks by other rules. Below, the F1 of entities / relations on the dev set of each source, by what that "
        "source annotates. One thread, text after text, by processor time."
    ),
    "part": "part",
    "names en": "names P / R",
    "names beside spacy": "names P / R beside spaCy",
    "kinds": "kinds right",
    "facts en": "facts P / R",
    "zh": "Chinese names / facts",
    "de": "German names / facts",
    "megabytes": "MB",
    "measure": "measure",
    "measure strict": "entity F1",
    "measure macro": "macro F1, directed",
    "measure accuracy": "accuracy",
    "score": "score on dev",
    "peer name": "peer",
    "tokens a second": "tokens/s",
    "times spacy": "times spaCy small",
    "sampler": "sampler",
    "padding": "padding",
    "times shuffled": "times shuffled",
    "tag title": "Tagging. Strict entity F1, or accuracy over all tokens; dev sets, trained on `train` alone.",
    "tag peers title": "Its peers, trained in the same place on one thread; spaCy keeps the best on dev too:",
    "tag speed title": (
        "Tokens a second on the dev set of conll03, from words to tags, one thread, taking turns, medians of {rounds} "
        "rounds:"
    ),
    "padding title": (
        "What samplers do with padding, on {sentences:,} sentences of conll03 in batches of {size}: the part of a "
        "batch that is padding, and the tokens (without padding) trained in a second on one thread:"
    ),
    "classify title": "Classification. Accuracy; dev sets, trained on `train` alone.",
    "classify peers title": "Its peer, in the same place:",
    "nested title": "Nested entities. F1 of all entities, outer and inner; dev set, trained on `train` alone.",
    "relation title": "Relations between marked spans. SemEval's directed macro F1; dev set, trained on `train` alone.",
    "intent_slot title": (
        "Intents and slots. The part of sentences whose intent and slots are all right; dev sets, trained on `train` "
        "alone."
    ),
    "rewrite title": "Rewriting. The part of rewrites that are right, spaces aside; dev set, trained on `train` alone.",
    "image title": (
        "Pictures. Accuracy on 206 pictures of hands that show a digit, by people whom training never saw; trained on "
        "`train` alone. **Scored once, after the last epoch**: settings were chosen by folds of `train`."
    ),
    "image note": (
        "Means over the seeds with the lowest and the highest, and the bootstrap interval, its ends averaged over the "
        "seeds. Seconds are wall clock; others used the machine too, whose load was up to {load:g} when a run began. "
        "Measured with: {machine}."
    ),
    "image peers title": (
        "Beside them, in the same place: the backbone of `signs-tuned` in a loop as tutorials have it "
        "([peers/plain_vision.py](../benchmarks/peers/plain_vision.py)), for as many epochs, and scikit-learn's "
        "logistic regression on the pixels:"
    ),
    "image plain loop": "a plain PyTorch loop",
    "image pixels": "logistic regression on pixels",
    "image speed title": "After export, one thread, from files to classes, taking turns:",
    "image transfer title": (
        "What transfer gives: few pictures of each class, the same ones for all three, with Student's 95% interval "
        "over the seeds; *gained* over from scratch, seed by seed:"
    ),
    "pictures a second": "pictures/s",
    "pictures a class": "pictures a class",
    "scratch": "from scratch",
    "frozen": "ImageNet, frozen",
    "tuned": "ImageNet, fine-tuned",
    "gained": "gained",
    "measure all": "F1 of all",
    "measure sentence": "sentence accuracy",
    "measure exact match": "exact match",
    "plain note": (
        "Means over the seeds with the lowest and the highest, and the bootstrap interval, its ends averaged over the "
        "seeds. **Each run keeps the epoch that scored best on dev, so these figures are slightly optimistic**. "
        "Seconds are wall clock without dev scoring. Measured with: {machine}."
    ),
    "audit title": "What each scheme can say at all: decode(encode(gold)) against gold, by `spanloom check`.",
    "task": "task",
    "short pairs": "{score}; of pairs not seen in training {new:.1f}",
    "short note": (
        "Dev sets, trained on `train` alone, on a CPU; means over the seeds. **Each run keeps the epoch that scored "
        "best on dev, so these figures are slightly optimistic.** Relations count as strict for conll04 (boundaries "
        "and types of both entities), as exact for nyt (the whole text of both)."
    ),
    "data": "data",
    "sentences": "sentences",
    "facts": "relations",
    "oracle": "`{scheme}`: P / R / F1",
    "lost": "`tagging` loses most to",
    "speed title": (
        "Beside SpERT: one thread, the same encoder and sentences, taking turns, medians of {rounds} rounds. It "
        "is our own reading of the paper ([peers/spert.py](../benchmarks/peers/spert.py)), not its authors' code. "
        "Measured with: {machine}."
    ),
    "model": "model",
    "epoch": "s an epoch",
    "whole": "s a training (epochs)",
    "rate": "sentences/s",
    "ours": "`conll04-minilm`: int8 bundle, trained in {precision}",
    "ours fp32": "the same in PyTorch, fp32, in batches",
    "spert": "SpERT, fp32 as published",
    "spert same": "SpERT, trained in {precision} as ours",
    "ratio": (
        "SpERT takes {whole:.1f} times our whole training ({same:.1f} times in our precision) and {inference:.1f} "
        "times our time to answer. Its training is counted as 12 epochs, as recorded; the paper has 20. "
        "An epoch's time is that of {sample} sentences, scaled. Answering is timed from "
        "text to answer, one sentence after another where nothing else is said; SpERT is spared splitting into "
        "words, and its second step is given the gold spans."
    ),
}

CHINESE = {
    "rows": "配置",
    "rule": "匹配",
    "rule strict": "严格",
    "rule boundaries": "精确",
    "entity": "实体 F1",
    "relation": "关系 F1",
    "interval": "95% 区间",
    "by pair": "见过 / 未见过的实体对",
    "target": "目标",
    "target entity": "实体",
    "target relation": "关系",
    "seconds": "训练(秒)",
    "memory": "内存(GB)",
    "threads": "线程",
    "seeds": "种子数",
    "met": "达到",
    "missed": "未达到",
    "peer": "我们按论文实现的 SpERT,编码器 `{encoder}`",
    "recorded row": "SpERT 原代码,在别处记录,未在此运行",
    "scores note": (
        "开发集成绩,只用 `train` 训练。F1 是各种子的平均,括号内为最低与最高;"
        "区间由对句子做自助抽样得到,两端取各种子的平均。"
        "“严格”要求两个实体的边界与类型都对,“精确”要求两个实体的全文都对。"
        "“见过 / 未见过的实体对”:训练句子里曾有关系的那些名字对的关系 F1,以及其余的。"
        "若数据是由事实表自动标注的(如 nyt),见过的对大多是回忆出来的(配置中的 `recall`);"
        "遇到新名字时,应以第二个数为准。"
        "**每次训练保留开发集得分最高的一轮,所以这些数字略偏乐观;SpERT 的是最后一轮。**"
        "秒数为实际时间,不含开发集评分,取各种子的平均。测量环境:{machine}。"
    ),
    "measure": "指标",
    "measure strict": "实体 F1",
    "measure macro": "宏平均 F1(计方向)",
    "measure accuracy": "准确率",
    "score": "开发集得分",
    "peer name": "同类工具",
    "tokens a second": "词/秒",
    "times spacy": "相对 spaCy small 的倍数",
    "sampler": "采样器",
    "padding": "填充",
    "times shuffled": "相对乱序的倍数",
    "tag title": "序列标注。严格的实体 F1,或每个词标签的准确率;开发集,只用 `train` 训练。",
    "tag peers title": "在同一处用单线程训练的同类工具(spaCy 同样保留开发集得分最高的模型):",
    "tag speed title": "在 conll03 开发集上每秒处理的词数,从词到标签,单线程,轮流进行,取 {rounds} 轮的中位数:",
    "padding title": (
        "各采样器与填充:conll03 的 {sentences:,} 个句子,每批 {size} 句;"
        "批中填充所占的比例,以及单线程每秒训练的词数(不含填充):"
    ),
    "classify title": "分类。准确率;开发集,只用 `train` 训练。",
    "classify peers title": "在同一处的同类工具:",
    "nested title": "嵌套实体。全部实体(外层与内层)的 F1;开发集,只用 `train` 训练。",
    "relation title": "标出的两处之间的关系。SemEval 的计方向宏平均 F1;开发集,只用 `train` 训练。",
    "intent_slot title": "意图与槽位。意图和槽位全对的句子所占比例;开发集,只用 `train` 训练。",
    "rewrite title": "改写。与标准改写相同(不计空格)的比例;开发集,只用 `train` 训练。",
    "image title": (
        "图片。206 张比划数字的手的图片上的准确率,其中的人都不在训练数据里;只用 `train` 训练。"
        "**只在最后一轮之后评分一次**:设置由 `train` 的分折选定。"
    ),
    "image note": (
        "各种子的平均,括号内为最低和最高;区间为自助法所得,端点取各种子的平均。秒数为实际时间;"
        "机器同时有别的任务,训练开始时的负载最高为 {load:g}。测量环境:{machine}。"
    ),
    "image peers title": (
        "在同一处与之并排:`signs-tuned` 的主干网络放在教程式的循环里"
        "([peers/plain_vision.py](../benchmarks/peers/plain_vision.py)),轮数相同;以及 scikit-learn 在像素上的逻辑回归:"
    ),
    "image plain loop": "普通的 PyTorch 循环",
    "image pixels": "像素上的逻辑回归",
    "image speed title": "导出之后,单线程,从文件到类别,轮流进行:",
    "image transfer title": (
        "迁移学习的作用:每类只有少量图片,三者用的图片相同,附各种子的 Student 95% 区间;*增益*是逐种子相对从零训练的差:"
    ),
    "pictures a second": "张/秒",
    "pictures a class": "每类图片数",
    "scratch": "从零训练",
    "frozen": "ImageNet,冻结",
    "tuned": "ImageNet,微调",
    "gained": "增益",
    "measure all": "全部实体 F1",
    "measure sentence": "句准确率",
    "measure exact match": "完全一致",
    "plain note": (
        "各种子的平均,括号内为最低与最高;区间由自助抽样得到,两端取各种子的平均。"
        "**每次训练保留开发集得分最高的一轮,所以这些数字略偏乐观**。"
        "秒数为实际时间,不含开发集评分。测量环境:{machine}。"
    ),
    "audit title": "各方案究竟能表达多少:decode(encode(标注)) 与标注相比,由 `spanloom check` 得出。",
    "task": "任务",
    "short pairs": "{score};训练中未见过的实体对 {new:.1f}",
    "short note": (
        "开发集成绩,只用 `train` 训练,在 CPU 上;取各种子的平均。"
        "**每次训练保留开发集得分最高的一轮,所以这些数字略偏乐观。**"
        "关系的匹配:conll04 为严格(两个实体的边界与类型都对),nyt 为精确(两个实体的全文都对)。"
    ),
    "data": "数据",
    "sentences": "句子",
    "facts": "关系",
    "oracle": "`{scheme}`:P / R / F1",
    "lost": "`tagging` 丢失的主要原因",
    "speed title": (
        "与 SpERT 并排:单线程,同一编码器,同样的句子,轮流进行,取 {rounds} 轮的中位数。SpERT 是我们自己按论文写的"
        "([peers/spert.py](../benchmarks/peers/spert.py)),不是作者的代码。测量环境:{machine}。"
    ),
    "model": "模型",
    "epoch": "每轮秒数",
    "whole": "整个训练秒数(轮数)",
    "rate": "句/秒",
    "ours": "`conll04-minilm`:int8,以 {precision} 训练",
    "ours fp32": "同一模型,PyTorch fp32,成批",
    "spert": "SpERT,fp32(同论文)",
    "spert same": "SpERT,以 {precision} 训练(同我们)",
    "configuration": "配置",
    "way": "方式",
    "way everything": "全部标注",
    "way joined": "两半直接合并",
    "box title": (
        "随包附带的模型与其他模型在 `examples/everyday` 上的比较(`benchmarks/box.py`):"
        "名称按位置计算的精确率 / 召回率,找到的名称中类别正确的比例,"
        "事实(两个名称的位置与关系)的精确率 / 召回率;中文和德文为名称 / 事实的 F1。"
        "*与 spaCy 比较*:不含时间,因为 spaCy 的时间标注规则不同。"
        "下表为每个数据源开发集上实体 / 关系的 F1,只按该数据源所标注的内容计算。单线程,逐条处理,按处理器时间计。"
    ),
    "part": "部分",
    "names en": "名称 P / R",
    "names beside spacy": "名称 P / R(与 spaCy 比较)",
    "kinds": "类别正确",
    "facts en": "事实 P / R",
    "zh": "中文 名称 / 事实",
    "de": "德文 名称 / 事实",
    "megabytes": "MB",
    "way sources": "两半作为数据源",
    "way filled": "并补上它们没有标注的部分",
    "sources title": (
        "一次训练中的多个数据源:把 `conll04/train` 切成两半,前一半只标注 Peop 和 Org 以及关系,后一半只标注 Loc 和 Other"
        "(`benchmarks/sources.py`);最后一轮之后在整个开发集上的严格得分。"
        "*直接合并*是通常的做法:没有标注的就当作没有。*补上*:第二次训练在这些地方向第一次的模型学习(`data.fill`)。"
    ),
    "ratio": (
        "SpERT 的整个训练用时是我们的 {whole:.1f} 倍(与我们精度相同时 {same:.1f} 倍),回答用时是 {inference:.1f} 倍。"
        "SpERT 的训练按 12 轮计,与所记录的一次相同;论文是 20 轮。每轮用时由 {sample} 个句子按比例算出。"
        "回答从原文算起,未注明者逐句进行;SpERT 免去分词,第二步直接使用标注的实体。"
    ),
}

LANGUAGES = {"en": ENGLISH, "zh": CHINESE}
