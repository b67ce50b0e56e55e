export default { apiVersion: 2, renderers: { other_contract: { tag: "drawn-other", element: HTMLElement } } };
