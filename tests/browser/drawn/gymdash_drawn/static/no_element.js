export default { apiVersion: 1, renderers: { no_element: { tag: "drawn-none", element: () => {} } } };
