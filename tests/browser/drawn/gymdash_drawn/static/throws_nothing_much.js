class Broken extends HTMLElement {
  set data(data) {
    throw "nothing much";
  }
}

export default { apiVersion: 1, renderers: { throws_nothing_much: { tag: "drawn-nothing", element: Broken } } };
