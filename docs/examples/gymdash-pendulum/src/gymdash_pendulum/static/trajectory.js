/** Draws the stat kind `trajectory`: of each run the last way, or the one at the step that somebody points out. */

const NAMESPACE = "http://www.w3.org/2000/svg";
const SIZE = 100; // half the side of the drawing, in its own units

/** The point to show: the last one at or before a step; the last of all where no step is pointed out. */
export function shownAt(points, step) {
  return points.findLast((point) => step === null || point.step <= step);
}

/** Places of a trajectory in units of the drawing, whose y goes down. */
export function placesOf({ x, y, extent }) {
  return x.map((right, at) => [(right / extent) * SIZE, (-y[at] / extent) * SIZE]);
}

function shape(name, attributes) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

/** A way and the place where it has ended, in the colour of the run, with the run's name as a tooltip. */
function way(run, point) {
  const places = placesOf(point.value);
  const [x, y] = places.at(-1);
  const made = shape("g", { "data-run": run.id, "data-step": point.step, stroke: run.color, fill: run.color });
  const title = shape("title", {});
  title.textContent = `${run.name}, step ${point.step}`;
  made.append(
    title,
    shape("polyline", { points: places.join(" "), fill: "none", "stroke-width": 0.8, "stroke-linejoin": "round" }),
    shape("circle", { cx: x, cy: y, r: 3 }),
  );
  return made;
}

class TrajectoryElement extends HTMLElement {
  connectedCallback() {
    const axes = { stroke: "currentColor", "stroke-opacity": 0.25, "stroke-width": 0.5 };
    this.style.display = "block";
    this.drawing = shape("svg", { viewBox: `-${SIZE} -${SIZE} ${2 * SIZE} ${2 * SIZE}`, role: "img" });
    this.drawing.style.cssText = "display: block; width: 100%; max-height: 20rem; cursor: pointer";
    this.ways = shape("g", {});
    this.drawing.append(
      shape("line", { x1: -SIZE, x2: SIZE, y1: 0, y2: 0, ...axes }),
      shape("line", { x1: 0, x2: 0, y1: -SIZE, y2: SIZE, ...axes }),
      this.ways,
    );
    this.replaceChildren(this.drawing);
    this.onclick = () => {
      const last = Math.max(...[...this.ways.children].map((one) => Number(one.dataset.step)));
      if (Number.isFinite(last)) {
        this.dispatchEvent(new CustomEvent("gymdash-step", { detail: { step: last } }));
      }
    };
  }

  set ctx({ theme }) {
    this.style.colorScheme = theme;
  }

  set data({ key, step, series }) {
    const shown = series
      .map(({ run, points }) => ({ run, point: shownAt(points, step) }))
      .filter(({ point }) => point !== undefined);
    this.ways.replaceChildren(...shown.map(({ run, point }) => way(run, point)));
    const told = shown.map(({ run, point }) => `${run.name} at step ${point.step}`);
    this.drawing.setAttribute("aria-label", `${key}: ${told.join(", ") || "nothing yet"}`);
  }
}

export default {
  apiVersion: 1,
  renderers: { trajectory: { tag: "gymdash-trajectory", element: TrajectoryElement } },
};
