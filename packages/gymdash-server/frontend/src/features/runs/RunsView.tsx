/** All runs in a table: find, sort, compare, open. */

import { Button, Group, MultiSelect, Text, TextInput, Title } from "@mantine/core";
import { type ReactNode, useMemo, useState } from "react";
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
  const [isOpen, setIsOpen] = useState(false);
  const icon = <Icon name="trash" size={15} />;
  const trash = (
    <Button variant="default" size="sm" onClick={() => setIsOpen(true)} leftSection={icon}>
      Trash
    </Button>
  );
  return (
    <>
      <DataState query={runs} isEmpty={(data) => !data.length} empty={<NoRuns trash={trash} />}>
        {(data) => <Table runs={data} trash={trash} />}
      </DataState>
      {isOpen && <Trash close={() => setIsOpen(false)} />}
    </>
  );
}

function Table({ runs, trash }: { runs: Run[]; trash: ReactNode }) {
  const [params, setParams] = useSearchParams();
  const [words, setWords] = useState(params.get("q") ?? "");
  const states = useMemo(() => (params.get("state") ?? "").split(",").filter(Boolean), [params]);
  const [sort, setSort] = useState<Sort>({ column: "created", descending: true });
  const [comparing, setComparing] = useState(false);
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
          {trash}
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
    </>
  );
}

function NoRuns({ trash }: { trash: ReactNode }) {
  return (
    <Empty title="There are no runs yet">
      <p>A run is one execution of a simulation: a training, a search, anything that takes a while.</p>
      <Group justify="center" gap="xs">
        <Button component={Link} href="/start" leftSection={<Icon name="play" size={15} />}>
          Start the first one
        </Button>
        {trash}
      </Group>
    </Empty>
  );
}
