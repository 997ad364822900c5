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
function keepMask(weights, share) {
  const mask = new Uint8Array(weights.length);
  if (share >= 1) return mask.fill(1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const order = Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a] || a - b);
  let covered = 0;
  for (const at of order) {
    if (covered >= share * total - 1e-6) break;
    mask[at] = 1;
    covered += weights[at];
  }
  return mask;
}

// Several heads as one, event by event: the mean or the max of their attention.
function together(heads, join) {
  const joint = new Float32Array(heads.length ? heads[0].length : 0);
  for (const head of heads) {
    for (let at = 0; at < joint.length; at += 1) {
      joint[at] = join === "max" ? Math.max(joint[at], head[at]) : joint[at] + head[at] / heads.length;
    }
  }
  return joint;
}

function heaviest(weights) {
  let best = 0;
  for (let at = 1; at < weights.length; at += 1) if (weights[at] > weights[best]) best = at;
  return best;
}

function percent(weight) {
  return `${(100 * weight).toFixed(1)}%`;
}

export { decode, keepMask, rowOf, together };
