/** The page loads it whatever is shown; it draws a kind that names no renderer. */

class Offered extends HTMLElement {
  set data({ key }) {
    this.textContent = `offered for ${key}`;
  }
}

export default { apiVersion: 1, renderers: { offered: { tag: "drawn-offered", element: Offered } } };
