/** All runs: state, progress, what is left; a click selects, with Ctrl, Shift or a drag several. */

import { ScrollArea, Text, TextInput } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { useRuns } from "@/api/queries";
import { shortIds } from "@/lib/names";
import { matchesWords } from "@/lib/search";
import { useRunColors } from "@/ui/colors";
import { DataState, Empty } from "@/ui/DataState";
import { Icon } from "@/ui/icons";
import { useSelection } from "@/ui/useSelection";
import { SidebarItem } from "./SidebarItem";
import { useListKeys } from "./useListKeys";

const ITEM_PX = 62;
const RUN_VIEWS = /^\/($|runs\/)/;

export function Sidebar({ onPick }: { onPick: () => void }) {
  const runs = useRuns();
  const [words, setWords] = useState("");
  return (
    <>
      <TextInput
        m="xs"
        size="sm"
        placeholder="Find runs"
        aria-label="Find runs"
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        leftSection={<Icon name="search" size={15} />}
      />
      <DataState
        query={runs}
        isEmpty={(data) => !data.length}
        empty={
          <Empty title="No runs yet">
            <Link href="/start" className="link">
              Start the first one
            </Link>
          </Empty>
        }
      >
        {() => <Items words={words} onPick={onPick} />}
      </DataState>
    </>
  );
}

function Items({ words, onPick }: { words: string; onPick: () => void }) {
  const { data = [] } = useRuns();
  const [path, go] = useLocation();
  const { selected, click, anchorAt, extend } = useSelection();
  const shown = useMemo(
    () => data.filter((run) => matchesWords(words, run.name, run.key, run.state, ...run.tags)),
    [data, words],
  );
  const order = useMemo(() => shown.map((run) => run.id), [shown]);
  const color = useRunColors(selected);
  const short = useMemo(() => shortIds(data.filter((run) => selected.includes(run.id))), [data, selected]);
  const scroller = useRef<HTMLDivElement>(null);
  /** Where a drag has begun. */
  const dragging = useRef<string | null>(null);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ITEM_PX,
    overscan: 8,
  });
  const dragTo = (id: string) => {
    if (!dragging.current) return;
    anchorAt(dragging.current);
    extend(order, dragging.current, id);
  };
  const keys = useListKeys({
    order,
    first: selected[0],
    scroller,
    itemPx: ITEM_PX,
    scrollTo: (place) => rows.scrollToIndex(place),
    move: anchorAt,
    extend: (from, to) => extend(order, from, to),
  });
  const pick = (id: string, how: { toggle: boolean; range: boolean }) => {
    click(order, id, how);
    if (!how.toggle && !how.range) {
      if (RUN_VIEWS.test(path)) go(`/runs/${id}?runs=${id}`);
      onPick();
    }
  };
  return (
    <ScrollArea viewportRef={scroller} style={{ flex: 1 }} type="auto">
      <div
        role="listbox"
        aria-label="Runs"
        aria-multiselectable
        style={{ height: rows.getTotalSize(), position: "relative" }}
        onKeyDown={keys.onKeyDown}
        onPointerUp={() => {
          dragging.current = null;
        }}
      >
        {rows.getVirtualItems().map((row) => {
          const run = shown[row.index];
          if (!run) return null;
          const isSelected = selected.includes(run.id);
          return (
            <div
              key={run.id}
              role="presentation"
              style={{ position: "absolute", top: row.start, width: "100%", height: ITEM_PX }}
            >
              <SidebarItem
                run={run}
                isSelected={isSelected}
                short={short.get(run.id)}
                color={isSelected ? color(run.id) : undefined}
                pick={(how) => pick(run.id, how)}
                isReached={run.id === keys.current}
                onReached={() => keys.onReached(run.id)}
                onDragStart={() => {
                  dragging.current = run.id;
                }}
                onDragOver={() => dragTo(run.id)}
              />
            </div>
          );
        })}
      </div>
      {!shown.length && (
        <Text p="md" size="sm" c="dimmed">
          Nothing matches.
        </Text>
      )}
    </ScrollArea>
  );
}
