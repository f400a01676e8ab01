"use strict";
// Where the arcs of a sentence go, of which `arcs.js` draws each in pieces, one on each line that it crosses. Positions are measured,
// never computed from offsets; arcs that are not in each other's way share a level.
const arcLayout = (() => {
  // The words with their boxes, relative to the canvas, and the number of the line each stands on.
  function measure(canvas, text) {
    const origin = canvas.getBoundingClientRect(), words = [];
    let line = -1, bottom = -Infinity;
    for (const element of text.querySelectorAll(".w")) {
      const box = element.getClientRects()[0];
      if (!box) continue;
      const top = box.top - origin.top;
      if (top > bottom - box.height / 2) line++;
      bottom = box.bottom - origin.top;
      words.push({ element, line, top, left: box.left - origin.left, right: box.right - origin.left });
    }
    return { words, width: origin.width };
  }

  function anchors(words) {
    const found = {};
    for (const word of words) {
      const segment = word.element.closest(".e");
      if (!segment) continue;
      for (const id of segment.dataset.e.split(" ")) {
        const box = found[id] || (found[id] = { line: word.line, left: word.left, right: word.right, ends: [] });
        if (box.line !== word.line) continue;
        box.left = Math.min(box.left, word.left);
        box.right = Math.max(box.right, word.right);
      }
    }
    return found;
  }

  // One piece of an arc on each line that it crosses: its entity ends there, and the edge that it leaves the line by.
  function pieces(arc, rightToLeft) {
    const { head, tail } = arc;
    if (head.line === tail.line) return [{ arc, line: head.line, ends: [head, tail] }];
    const [upper, lower] = head.line < tail.line ? [head, tail] : [tail, head];
    const list = [{ arc, line: upper.line, ends: [upper], edge: rightToLeft ? 0 : 1 }];
    for (let line = upper.line + 1; line < lower.line; line++) list.push({ arc, line, ends: [] });
    list.push({ arc, line: lower.line, ends: [lower], edge: rightToLeft ? 1 : 0 });
    return list;
  }

  // Where each arc leaves its entity: those to the left stand left, and long arcs stand nearer the middle, so that they do not cross.
  function placePorts(list, width) {
    const middle = box => (box.left + box.right) / 2;
    for (const piece of list) {
      for (const box of piece.ends) {
        const other = piece.ends.length === 2 ? middle(piece.ends[0] === box ? piece.ends[1] : piece.ends[0]) : piece.edge * width;
        const reach = (piece.ends[0] === piece.ends[1] ? 30 : other - middle(box));
        box.ends.push({ piece, reach });
      }
    }
    for (const box of new Set(list.flatMap(piece => piece.ends))) {
      box.ends.sort((a, b) => (a.reach < 0) !== (b.reach < 0) ? a.reach - b.reach : b.reach - a.reach);
      // Ends never stand on one another, even above a word that is narrower than they are.
      const gap = box.ends.length > 1 ? Math.min(13, Math.max(5, (box.right - box.left - 10) / (box.ends.length - 1))) : 0;
      box.ends.forEach((end, i) => {
        const x = middle(box) + (i - (box.ends.length - 1) / 2) * gap;
        (end.piece.ports || (end.piece.ports = [])).push({ box, x });
      });
    }
  }

  // How far a piece goes from left to right: its line alone, and with the names on it.
  function setExtent(piece, width) {
    const ports = piece.ports || [];
    let xs = ports.map(port => port.x);
    if (xs.length < 2) xs = xs.length ? [xs[0], piece.edge * width] : [0, width];
    piece.left = Math.min(...xs);
    piece.right = Math.max(...xs);
    piece.center = (piece.left + piece.right) / 2;
    piece.low = piece.left;
    piece.high = piece.right;
    if (!piece.labelled) return;
    const half = piece.arc.labelWidth / 2 + 5;
    piece.center = Math.max(Math.min(half, width / 2), Math.min(width - half, piece.center));
    piece.low = Math.min(piece.left, piece.center - half);
    piece.high = Math.max(piece.right, piece.center + half);
  }

  // The lowest free level on its line for each piece, short ones first, so that a long arc passes above those inside it.
  function placeLevels(list) {
    const taken = {};
    for (const piece of [...list].sort((a, b) => (a.high - a.low) - (b.high - b.low))) {
      const rows = taken[piece.line] || (taken[piece.line] = []);
      let level = 0;
      while (rows[level] && rows[level].some(([low, high]) => piece.low < high + 4 && low < piece.high + 4)) level++;
      (rows[level] || (rows[level] = [])).push([piece.low, piece.high]);
      piece.level = level;
    }
    return taken;
  }

  return { measure, anchors, pieces, placePorts, setExtent, placeLevels };
})();
