export default { apiVersion: 1, renderers: { something: {} } };
