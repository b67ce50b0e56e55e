/** Start runs: choose a type, fill in its form. */

import { Center, Grid, Loader, Text, TextInput, Title, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { useSearchParams } from "wouter";
import type { SimulationType } from "@/api/client";
import { useTypes } from "@/api/queries";
import { originOf } from "@/lib/origin";
import { matchesWords } from "@/lib/search";
import { DataState, Empty } from "@/ui/DataState";
import { Icon } from "@/ui/icons";
import { StartForm } from "./StartForm";

export default function StartView() {
  const types = useTypes();
  return (
    <>
      <Title order={2} mb="md">
        Start
      </Title>
      <DataState
        query={types}
        isEmpty={(data) => !data.length}
        empty={<Empty title="No simulation types">Install a plugin, or serve a file with --load.</Empty>}
      >
        {(data) => <Chooser types={data} />}
      </DataState>
    </>
  );
}

function Chooser({ types }: { types: SimulationType[] }) {
  const [params, setParams] = useSearchParams();
  const [words, setWords] = useState("");
  const shown = types.filter((type) =>
    matchesWords(words, type.key, type.title, type.description, type.plugin),
  );
  const chosen = types.find((type) => type.key === params.get("type")) ?? types[0];
  const choose = (key: string) =>
    setParams((before) => {
      const after = new URLSearchParams(before);
      after.set("type", key);
      after.delete("from");
      return after;
    });
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 4, lg: 3 }}>
        <TextInput
          placeholder="Find a simulation"
          aria-label="Find a simulation"
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          leftSection={<Icon name="search" size={15} />}
          mb="xs"
        />
        {shown.map((type) => (
          <UnstyledButton
            key={type.key}
            className="run-item"
            aria-current={type === chosen ? "true" : undefined}
            onClick={() => choose(type.key)}
          >
            <Text fw={600} size="sm">
              {type.title || type.key}
            </Text>
            <Text size="xs" c="dimmed" lineClamp={2}>
              {type.description}
            </Text>
            <Text
              size="xs"
              c={type.error && !type.late ? "red" : "dimmed"}
              className="cell"
              title={type.plugin}
            >
              {whyNot(type) || `${originOf(type.plugin)} ${type.version}`}
            </Text>
          </UnstyledButton>
        ))}
        {!shown.length && <Empty title="Nothing matches" />}
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 8, lg: 9 }}>
        {chosen?.late && (
          <Center p="xl">
            <Loader size="sm" aria-label="Loading the type" />
          </Center>
        )}
        {chosen && !chosen.late && (
          <StartForm
            key={`${chosen.key}${params.get("from") ?? ""}`}
            type={chosen}
            from={params.get("from")}
          />
        )}
      </Grid.Col>
    </Grid>
  );
}

function whyNot({ error, late }: SimulationType): string {
  if (late) return "is being loaded";
  return error ? "cannot be started" : "";
}
