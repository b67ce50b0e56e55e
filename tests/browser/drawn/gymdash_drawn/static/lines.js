/** What paths.js imports: a file of the same folder. */

const NAMESPACE = "http://www.w3.org/2000/svg";

export function line(points, color) {
  const found = document.createElementNS(NAMESPACE, "polyline");
  found.setAttribute("points", points.map(([x, y]) => `${x},${y}`).join(" "));
  found.setAttribute("stroke", color);
  found.setAttribute("fill", "none");
  return found;
}
