export default function RunView() {
  return null;
}
