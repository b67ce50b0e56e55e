/** All runs in a table: find, sort, compare, open. */

import { Button, Group, MultiSelect, Text, TextInput, Title } from "@mantine/core";
import { useMemo, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import type { Run } from "@/api/client";
import { useLastValues } from "@/api/lastValues";
import { useRuns } from "@/api/queries";
import { formatCount } from "@/lib/format";
import { toldApart } from "@/lib/names";
import { isValue, nameIn, type Sort, shownColumns, sorted } from "@/lib/table";
import { DataState, Empty } from "@/ui/DataState";
import { Icon } from "@/ui/icons";
import { useSelection } from "@/ui/useSelection";
import { Bulk } from "./Bulk";
import { Columns, useColumns } from "./Columns";
import { Compare } from "./Compare";
import { RunsTable } from "./RunsTable";
import { Trash } from "./Trash";
import { useFound } from "./useFound";

const STATES = [
  "queued",
  "running",
  "waiting",
  "paused",
  "stopping",
  "succeeded",
  "failed",
  "stopped",
  "killed",
  "lost",
];
const MOST_KWARGS = 4;

export function RunsView() {
  const runs = useRuns();
  return (
    <DataState query={runs} isEmpty={(data) => !data.length} empty={<NoRuns />}>
      {(data) => <Table runs={data} />}
    </DataState>
  );
}

function Table({ runs }: { runs: Run[] }) {
  const [params, setParams] = useSearchParams();
  const [words, setWords] = useState(params.get("q") ?? "");
  const states = useMemo(() => (params.get("state") ?? "").split(",").filter(Boolean), [params]);
  const [sort, setSort] = useState<Sort>({ column: "created", descending: true });
  const [comparing, setComparing] = useState(false);
  const [trash, setTrash] = useState(false);
  const { selected } = useSelection();
  const [, go] = useLocation();
  const [columns, setColumns] = useColumns();
  const keys = useMemo(() => columns.filter(isValue).map(nameIn), [columns]);
  const values = useLastValues(keys);
  const extra = useMemo(() => shownColumns(runs, columns, MOST_KWARGS), [runs, columns]);
  const { found, isReading } = useFound(runs, words, states);
  const shown = useMemo(() => sorted(found, sort, Date.now(), values), [found, sort, values]);
  const chosen = toldApart(runs.filter((run) => selected.includes(run.id)));
  const keep = (name: string, value: string) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        if (value) after.set(name, value);
        else after.delete(name);
        return after;
      },
      { replace: true },
    );
  return (
    <>
      <Group mb="md" justify="space-between">
        <Title order={2}>Runs</Title>
        <Group gap="xs">
          <Button
            variant="default"
            size="sm"
            onClick={() => setTrash(true)}
            leftSection={<Icon name="trash" size={15} />}
          >
            Trash
          </Button>
          <Button variant="default" size="sm" disabled={chosen.length < 2} onClick={() => setComparing(true)}>
            Compare {chosen.length > 1 ? chosen.length : ""}
          </Button>
          <Button
            variant="default"
            size="sm"
            disabled={!chosen.length}
            onClick={() => go(`/analyze?runs=${selected.join(",")}`)}
          >
            Analyze
          </Button>
          <Bulk runs={chosen} />
          <Button component={Link} href="/start" size="sm" leftSection={<Icon name="play" size={15} />}>
            Start a run
          </Button>
        </Group>
      </Group>
      <Group mb="sm" gap="sm">
        <TextInput
          style={{ flex: 1, minWidth: 180 }}
          placeholder="Name, type, tag, argument, or seed=1, learning_rate<0.001, loss<0.2"
          aria-label="Filter runs"
          value={words}
          onChange={(event) => {
            setWords(event.currentTarget.value);
            keep("q", event.currentTarget.value);
          }}
          leftSection={<Icon name="search" size={15} />}
        />
        <MultiSelect
          data={STATES}
          value={states}
          onChange={(value) => keep("state", value.join(","))}
          placeholder={states.length ? "" : "Any state"}
          aria-label="States"
          clearable
          w={{ base: "100%", xs: 240 }}
        />
        <Columns runs={runs} columns={columns} setColumns={setColumns} />
        <Text size="sm" c="dimmed" className="numbers">
          {isReading ? "Reading values…" : `${formatCount(shown.length)} of ${formatCount(runs.length)}`}
        </Text>
      </Group>
      <RunsTable runs={shown} extra={extra} values={values} sort={sort} setSort={setSort} />
      {comparing && <Compare runs={chosen} close={() => setComparing(false)} />}
      {trash && <Trash close={() => setTrash(false)} />}
    </>
  );
}

function NoRuns() {
  return (
    <Empty title="There are no runs yet">
      <p>A run is one execution of a simulation: a training, a search, anything that takes a while.</p>
      <Button component={Link} href="/start" leftSection={<Icon name="play" size={15} />}>
        Start the first one
      </Button>
    </Empty>
  );
}
