export default function AnalyzeView() {
  return null;
}
