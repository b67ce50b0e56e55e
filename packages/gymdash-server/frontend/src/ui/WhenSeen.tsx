/** Its children, as long as they are on the screen or near it, or from then on; its place stays. */

import { type ReactNode, useEffect, useRef, useState } from "react";

interface Props {
  children: ReactNode;
  height: number;
  /** Whether what was seen stays: a sound goes on when it is scrolled away. */
  once?: boolean;
}

export function WhenSeen({ children, height, once = false }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (!place.current) return;
    const see = (entries: IntersectionObserverEntry[]) => {
      const isNow = entries.at(-1)?.isIntersecting ?? false; // the newest comes last
      setSeen((was) => isNow || (once && was));
    };
    const observer = new IntersectionObserver(see, { rootMargin: "300px" });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [once]);
  return (
    <div ref={place} style={{ minHeight: height }}>
      {isSeen && children}
    </div>
  );
}
