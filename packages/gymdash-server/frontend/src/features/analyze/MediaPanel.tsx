/** All media of the shown runs: by kind, key, run and steps; runs side by side. */

import { Button, Group, NumberInput, SegmentedControl, Select, Switch, Text, Title } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Run } from "@/api/client";
import { formatCount } from "@/lib/format";
import { distinctKeys } from "@/lib/grouping";
import { mediaRows } from "@/lib/mediaRows";
import { MediaCard } from "./MediaCard";
import { SideBySide } from "./SideBySide";
import type { MediaItem } from "./useMedia";

const PAGE = 12;
const ALL = "all";

interface Props {
  runs: Run[];
  media: MediaItem[];
  color: (id: string) => string;
}

export function MediaPanel({ runs, media, color }: Props) {
  const [kind, setKind] = useState(ALL);
  const [key, setKey] = useState<string | null>(null);
  const [run, setRun] = useState<string | null>(null);
  const [from, setFrom] = useState<number | string>("");
  const [to, setTo] = useState<number | string>("");
  const [most, setMost] = useState(PAGE);
  const [beside, setBeside] = useState(false);
  const kinds = useMemo(() => distinctKeys(media.map((item) => item.kind)), [media]);
  const keys = useMemo(() => distinctKeys(media.map((item) => item.key)), [media]);
  const found = useMemo(
    () =>
      media
        .filter(
          (item) =>
            (kind === ALL || item.kind === kind) &&
            (!key || item.key === key) &&
            (!run || item.run === run) &&
            (from === "" || item.step >= Number(from)) &&
            (to === "" || item.step <= Number(to)),
        )
        .sort((a, b) => b.step - a.step || a.key.localeCompare(b.key)),
    [media, kind, key, run, from, to],
  );
  const shownRuns = useMemo(() => (run ? runs.filter(({ id }) => id === run) : runs), [runs, run]);
  const isBeside = beside && runs.length > 1;
  const rows = useMemo(
    () =>
      isBeside
        ? mediaRows(
            found,
            shownRuns.map(({ id }) => id),
          )
        : [],
    [found, shownRuns, isBeside],
  );
  if (!media.length) return null;
  return (
    <section aria-labelledby="media" className="card" style={{ padding: 16 }}>
      <Group justify="space-between" mb="sm">
        <Title order={3} size="h4" id="media">
          Media
        </Title>
        <Text size="sm" c="dimmed">
          {formatCount(found.length)} of {formatCount(media.length)}
        </Text>
      </Group>
      <Group gap="sm" mb="md">
        {kinds.length > 1 && (
          <SegmentedControl
            size="xs"
            aria-label="Kind"
            data={[ALL, ...kinds]}
            value={kind}
            onChange={setKind}
          />
        )}
        <Select
          size="xs"
          aria-label="Key"
          placeholder="Any key"
          data={keys}
          value={key}
          onChange={setKey}
          clearable
          searchable
        />
        {runs.length > 1 && (
          <Select
            size="xs"
            aria-label="Run"
            placeholder="Any run"
            data={runs.map(({ id, name }) => ({ value: id, label: name }))}
            value={run}
            onChange={setRun}
            clearable
          />
        )}
        <NumberInput
          size="xs"
          w={110}
          aria-label="From step"
          placeholder="from step"
          value={from}
          onChange={setFrom}
        />
        <NumberInput
          size="xs"
          w={110}
          aria-label="To step"
          placeholder="to step"
          value={to}
          onChange={setTo}
        />
        {runs.length > 1 && (
          <Switch
            size="xs"
            label="Side by side"
            checked={beside}
            onChange={(event) => setBeside(event.currentTarget.checked)}
          />
        )}
      </Group>
      {isBeside ? (
        <SideBySide rows={rows.slice(0, most)} runs={shownRuns} color={color} />
      ) : (
        <div className="media-grid">
          {found.slice(0, most).map((item) => (
            <MediaCard
              key={item.id}
              item={item}
              name={runs.find(({ id }) => id === item.run)?.name ?? item.run}
              color={color(item.run)}
            />
          ))}
        </div>
      )}
      {(isBeside ? rows : found).length > most && (
        <Button variant="default" size="xs" mt="md" onClick={() => setMost(most + PAGE)}>
          Show more
        </Button>
      )}
    </section>
  );
}
