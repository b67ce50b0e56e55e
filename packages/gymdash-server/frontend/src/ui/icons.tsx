/** The icons of the page: outlines of 24 by 24, decoration only. */

const PATHS = {
  list: "M4 6h16M4 12h16M4 18h16",
  play: "M7 5l12 7-12 7z",
  chat: "M4 5h16v11H9l-5 4z",
  chart: "M4 19V5M4 19h16M7 15l4-5 3 3 5-7",
  plug: "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4",
  gear: "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2M16.2 16.2l2.2 2.2M5.6 18.4l2.2-2.2M16.2 7.8l2.2-2.2",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M5 19l1.5-1.5M17.5 6.5L19 5",
  moon: "M20 14A8 8 0 1 1 10 4a6.5 6.5 0 0 0 10 10z",
  stop: "M7 7h10v10H7z",
  pause: "M8 5v14M16 5v14",
  skull: "M12 3a8 8 0 0 0-5 14v4h10v-4a8 8 0 0 0-5-14zM9 11v1M15 11v1",
  copy: "M9 9h11v11H9zM5 15V4h11",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21",
  open: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  tag: "M4 4h8l8 8-8 8-8-8zM8 8h.01",
  branch: "M7 4v16M7 12c8 0 10-2 10-7M17 5l-2.5 2.5M17 5l2.5 2.5",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 10h4M4 14h4M16 10h4M16 14h4",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4",
  sound: "M5 10v4h3l5 4V6l-5 4zM16 9a4 4 0 0 1 0 6",
  text: "M5 6h14M5 11h14M5 16h9",
  histogram: "M5 20v-6M10 20V8M15 20v-9M20 20V5",
  down: "M12 4v12M7 12l5 5 5-5M5 20h14",
  again: "M20 12a8 8 0 1 1-2.3-5.6M20 4v4h-4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" className="icon">
      <path d={PATHS[name]} />
    </svg>
  );
}
