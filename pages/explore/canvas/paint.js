// Canvas drawing: the cells of a map, and the axis below it. Numbers and colours in, pixels out.
function fit(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

// The colours of the theme in use; read anew at each theme switch.
function inks(root) {
  const style = getComputedStyle(root);
  const read = (name, other) => style.getPropertyValue(name).trim() || other;
  const steps = read("--st-chart-sequential-colors", "#f1f5f9,#0f3256").split(",").map(rgb);
  return {
    ink: read("--st-text-color", "#12171e"),
    ground: read("--st-background-color", "#ffffff"),
    line: read("--st-border-color", "#cccccc"),
    font: read("--st-font", "sans-serif"),
    ramp: Array.from({ length: 256 }, (_, at) => between(steps, at / 255)),
    predicting: "#e08a3c",
  };
}

function rgb(colour) {
  const match = /^#(..)(..)(..)$/.exec(colour.trim());
  return match ? match.slice(1).map((part) => parseInt(part, 16)) : [128, 128, 128];
}

function between(steps, share) {
  const position = share * (steps.length - 1);
  const low = Math.min(Math.floor(position), steps.length - 2);
  return steps[low].map((from, at) => Math.round(from + (steps[low + 1][at] - from) * (position - low)));
}

// Below a map: the category of each event by colour, and the numbers of the first, the last and the lit one.
function paintAxis(canvas, size, { events, light, theme }) {
  const { width, height } = size;
  const pen = fit(canvas, width, height);
  const step = width / events.length;
  events.forEach((event, at) => {
    pen.fillStyle = event.colour;
    pen.fillRect(at * step + (step > 4 ? 0.5 : 0), 2, Math.max(step - (step > 4 ? 1 : 0), 1), 6);
  });
  pen.font = `11px ${theme.font}`;
  pen.textBaseline = "alphabetic";
  pen.fillStyle = theme.ink;
  const ends = [0, events.length - 1].filter((at) => Math.abs(at - light.event) * step > 18 || light.event < 0);
  for (const at of ends) number(pen, events[at].number, at, [step, width, height], 0.75);
  if (light.event >= 0) number(pen, events[light.event].number, light.event, [step, width, height], 1);
}

function number(pen, shown, at, [step, width, height], strength) {
  const text = String(shown);
  const half = pen.measureText(text).width / 2;
  pen.globalAlpha = strength;
  pen.fillText(text, Math.min(Math.max((at + 0.5) * step - half, 0), width - 2 * half), height - 2);
  pen.globalAlpha = 1;
}

// A causal map as an image of one pixel a cell, to be stretched; cells that cannot be seen stay clear.
function mapImage(map, masks, length, top, theme) {
  const image = new OffscreenCanvas(length, length);
  const pen = image.getContext("2d");
  const pixels = pen.createImageData(length, length);
  let from = 0;
  for (let row = 0; row < length; row += 1) {
    for (let column = 0; column <= row; column += 1, from += 1) {
      const shade = masks[row][column] ? Math.min(map[from] / top, 1) : 0;
      pixels.data.set([...theme.ramp[Math.round(255 * shade)], 255], 4 * (row * length + column));
    }
  }
  pen.putImageData(pixels, 0, 0);
  return image;
}

function paintMap(canvas, size, { image, length, light, row, theme }) {
  const { width, height } = size;
  const pen = fit(canvas, width, height);
  paintUnseen(pen, width, height, theme);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, 0, 0, width, height);
  const step = width / length;
  outline(pen, 0, (length - 1) * step, width, step, theme.predicting, 1.5);
  if (row < length - 1) outline(pen, 0, row * step, (row + 1) * step, step, theme.ink, 1);
  for (const at of light.same) outline(pen, at * step, at * step, step, height - at * step, theme.ink, 0.5);
  if (light.event >= 0) {
    const at = light.event;
    outline(pen, at * step, at * step, step, height - at * step, theme.ink, light.locked ? 2 : 1);
  }
}

// Hatched: an event cannot look at what comes after it.
function paintUnseen(pen, width, height, theme) {
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, width, height);
  pen.clip();
  pen.globalAlpha = 0.05;
  pen.fillStyle = theme.ink;
  pen.fillRect(0, 0, width, height);
  pen.globalAlpha = 0.12;
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let at = -height; at < width; at += 7) {
    pen.moveTo(at, height);
    pen.lineTo(at + height, 0);
  }
  pen.stroke();
  pen.restore();
}

function outline(pen, left, up, wide, tall, colour, thick) {
  pen.strokeStyle = colour;
  pen.lineWidth = thick;
  pen.strokeRect(left + thick / 2, up + thick / 2, Math.max(wide - thick, 0.5), Math.max(tall - thick, 0.5));
  pen.lineWidth = 1;
}

export { mapImage };
