/** Captured output, live: follow, search, earlier lines. */

import { Alert, Button, Group, SegmentedControl, Switch, Text, TextInput } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Run } from "@/api/client";
import { formatBytes } from "@/lib/format";
import { linesOf } from "@/lib/log";
import { Icon } from "@/ui/icons";
import { LogLine } from "./LogLine";
import { type Stream, useLog } from "./useLog";

const LINE_PX = 19;

export function Logs({ run }: { run: Run }) {
  const [stream, setStream] = useState<Stream>("stdout");
  return <Output key={`${run.id}${stream}`} run={run} stream={stream} setStream={setStream} />;
}

function Output({
  run,
  stream,
  setStream,
}: {
  run: Run;
  stream: Stream;
  setStream: (stream: Stream) => void;
}) {
  const { log, error, earlier } = useLog(run.id, stream);
  const [follow, setFollow] = useState(true);
  const [words, setWords] = useState("");
  const scroller = useRef<HTMLElement>(null);
  const all = useMemo(() => linesOf(log?.text ?? ""), [log]);
  const lines = useMemo(
    () => (words ? all.filter((line) => line.toLowerCase().includes(words.toLowerCase())) : all),
    [all, words],
  );
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    overscan: 30,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new line moves the end
  useEffect(() => {
    // By the list's own command, which holds until it is there; what is written past the list may be undone by it.
    if (follow && lines.length) rows.scrollToIndex(lines.length - 1, { align: "end" });
  }, [follow, lines]);
  return (
    <>
      <Group mb="sm" gap="sm">
        <SegmentedControl
          size="xs"
          aria-label="Stream"
          data={["stdout", "stderr"]}
          value={stream}
          onChange={(value) => setStream(value as Stream)}
        />
        <TextInput
          size="xs"
          placeholder="Find in the log"
          aria-label="Find in the log"
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          leftSection={<Icon name="search" size={14} />}
        />
        <Switch
          size="sm"
          label="Follow"
          checked={follow}
          onChange={(event) => setFollow(event.currentTarget.checked)}
        />
        {log && log.begin > 0 && (
          <Button size="xs" variant="default" onClick={() => void earlier()}>
            Earlier lines
          </Button>
        )}
        <Text size="xs" c="dimmed" className="numbers">
          {words ? `${lines.length} of ${all.length} lines` : log ? formatBytes(log.end) : ""}
        </Text>
      </Group>
      {error && <Alert color="red">{error}</Alert>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it */}
      <section className="log mono" ref={scroller} tabIndex={0} aria-label={`${stream} of ${run.name}`}>
        {log && !log.text && (
          <Text size="sm" c="dimmed" px="sm">
            Nothing was printed yet.
          </Text>
        )}
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((row) => (
            <LogLine key={row.key} top={row.start} text={lines[row.index] ?? ""} words={words} />
          ))}
        </div>
      </section>
    </>
  );
}
