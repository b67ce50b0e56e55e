/** Stands in for a validator that only the form library's test kit uses. */

export default {};
