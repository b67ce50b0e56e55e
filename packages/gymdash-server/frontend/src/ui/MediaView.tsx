/** An image, a video, a sound; anything else as a link. A file that is gone says so. */

import { Anchor, Text } from "@mantine/core";
import { useState } from "react";

interface Props {
  url: string | null;
  type: string;
  label: string;
  controls?: boolean;
  /** Of a picture and a video. */
  className?: string;
}

export function MediaView({ url, type, label, controls = true, className }: Props) {
  const [failed, setFailed] = useState(false);
  if (!url) return <Note>This file lies outside of the run.</Note>;
  if (failed) return <Note>{label}: the file is not there any more, or cannot be shown.</Note>;
  const fail = () => setFailed(true);
  if (type.startsWith("image/"))
    return (
      <img
        src={url}
        alt={label}
        loading="lazy"
        onError={fail}
        className={className}
        style={{ maxWidth: "100%" }}
      />
    );
  if (type.startsWith("video/")) {
    return (
      // biome-ignore lint/a11y/useMediaCaption: recordings of simulations have no captions
      <video
        src={url}
        controls={controls}
        preload="metadata"
        aria-label={label}
        onError={fail}
        className={className}
        style={{ maxWidth: "100%" }}
      />
    );
  }
  if (type.startsWith("audio/")) {
    return (
      // biome-ignore lint/a11y/useMediaCaption: likewise
      <audio src={url} controls preload="none" aria-label={label} onError={fail} style={{ width: "100%" }} />
    );
  }
  return (
    <Anchor href={url} download size="sm">
      {label}
    </Anchor>
  );
}

function Note({ children }: { children: React.ReactNode }) {
  return (
    <Text size="sm" c="dimmed" className="breaks">
      {children}
    </Text>
  );
}
