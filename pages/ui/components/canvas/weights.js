// Numbers only: what is computed from attention weights in the browser. Nothing here touches the page.
const FULL = 65535;

// Weights sent as little-endian 16-bit shares of one, in base64.
function decode(text) {
  const raw = atob(text);
  const weights = new Float32Array(raw.length / 2);
  for (let at = 0; at < weights.length; at += 1) {
    weights[at] = (raw.charCodeAt(2 * at) | (raw.charCodeAt(2 * at + 1) << 8)) / FULL;
  }
  return weights;
}

// Equal parts of a long array, one a head.
function parts(weights, count) {
  const size = count ? weights.length / count : 0;
  return Array.from({ length: count }, (_, at) => weights.subarray(at * size, (at + 1) * size));
}

// Row `row` of a causal map that is stored without its upper right: it holds `row + 1` weights.
function rowOf(map, row) {
  const start = (row * (row + 1)) / 2;
  return map.subarray(start, start + row + 1);
}

// The fewest events that together hold `share` of the attention: 1 where kept, 0 where not.
function kept(weights, share) {
  const mask = new Uint8Array(weights.length);
  if (share >= 1) return mask.fill(1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const order = Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a] || a - b);
  let held = 0;
  for (const at of order) {
    if (held >= share * total - 1e-6) break;
    mask[at] = 1;
    held += weights[at];
  }
  return mask;
}

// Several heads as one, weight by weight. `counts` is how much each counts where they are joined as the model learned;
// heads that count for nothing are joined by their mean.
function together(heads, join, counts = null) {
  const found = new Float32Array(heads.length ? heads[0].length : 0);
  const total = join === "reading" && counts ? counts.reduce((sum, count) => sum + count, 0) : 0;
  heads.forEach((head, number) => {
    const share = total > 0 ? counts[number] / total : 1 / heads.length;
    for (let at = 0; at < found.length; at += 1) {
      found[at] = join === "max" ? Math.max(found[at], head[at]) : found[at] + head[at] * share;
    }
  });
  return found;
}

function heaviest(weights) {
  let best = 0;
  for (let at = 1; at < weights.length; at += 1) if (weights[at] > weights[best]) best = at;
  return best;
}

function percent(weight) {
  return `${(100 * weight).toFixed(1)}%`;
}
