/** One run of the sidebar. */

import { Group } from "@mantine/core";
import type { CSSProperties } from "react";
import type { Run } from "@/api/client";
import { leftText } from "@/lib/left";
import type { Click } from "@/lib/selection";
import { CutName } from "@/ui/CutName";
import { doneOf, RunProgress, StateBadge } from "@/ui/states";

interface Props {
  run: Run;
  isSelected: boolean;
  /** Whether it is the one that the tabulator reaches. */
  isReached: boolean;
  color: string | undefined;
  /** Part of its id, where another selected run has its name. */
  short: string | undefined;
  pick: (how: Click) => void;
  onDragStart: () => void;
  onDragOver: () => void;
  onReached: () => void;
}

export function SidebarItem({
  run,
  isSelected,
  isReached,
  color,
  short,
  pick,
  onDragStart,
  onDragOver,
  onReached,
}: Props) {
  return (
    <button
      type="button"
      role="option"
      aria-selected={isSelected}
      className="run-item"
      data-run={run.id}
      tabIndex={isReached ? 0 : -1}
      onFocus={onReached}
      style={{ "--run-color": color } as CSSProperties}
      onClick={(event) => pick({ toggle: event.ctrlKey || event.metaKey, range: event.shiftKey })}
      onPointerDown={onDragStart}
      onPointerEnter={(event) => event.buttons === 1 && onDragOver()}
      title={`${run.name}\n${run.key}`}
    >
      <Group gap={8} wrap="nowrap" component="span" style={{ display: "flex" }}>
        {color && <span className="dot" style={{ background: color }} />}
        <CutName name={run.name} className="run-name" title={`${run.name}\n${run.key}`} />
        {short && <span className="run-short mono">{short}</span>}
        <StateBadge run={run} size="xs" />
      </Group>
      <span className="run-meta" style={{ display: "block" }}>
        {[run.key, doneOf(run), leftText(run)].filter(Boolean).join(" · ")}
      </span>
      <span style={{ display: "block", marginTop: 5, height: 4 }}>
        <RunProgress run={run} />
      </span>
    </button>
  );
}
