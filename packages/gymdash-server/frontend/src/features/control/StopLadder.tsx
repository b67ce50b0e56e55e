/** Pause, resume, stop, kill: the ladder with its steps, and saving first where the simulation can. */

import { Checkbox, Group, NumberInput, Stepper, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, api, need, type Run } from "@/api/client";
import { useInterventions, useTypes, useVerb } from "@/api/queries";
import { ladderStep, savingOf } from "@/lib/ladder";
import { ActButton } from "@/ui/ActButton";
import { Icon } from "@/ui/icons";
import { notifyError } from "@/ui/notify";
import { hasEnded, isLive } from "@/ui/states";

export function StopLadder({ run }: { run: Run }) {
  const saving = savingOf(useTypes().data, run.key);
  const [save, setSave] = useState(true);
  const [grace, setGrace] = useState(30);
  const verb = useVerb(run.id);
  const act = (name: Parameters<typeof verb.mutate>[0]) =>
    verb.mutate(name, { onError: notifyError(`It could not be done: ${name}`) });
  const stop = useMutation({
    mutationFn: () => stopRun(run.id, grace, save && saving !== "no", saving !== "yes"),
    onError: notifyError("It could not be stopped"),
  });
  if (hasEnded(run)) {
    return (
      <Group gap="xs">
        <ActButton
          variant="default"
          leftSection={<Icon name="again" size={15} />}
          onClick={() => act("resume")}
          loading={verb.isPending}
        >
          Go on
        </ActButton>
        <Text size="xs" c="dimmed">
          {run.reason}
        </Text>
      </Group>
    );
  }
  const isPaused = run.state === "paused";
  return (
    <div>
      <Group gap="xs" align="flex-end">
        <ActButton
          color="red.9"
          leftSection={<Icon name="stop" size={15} />}
          onClick={() => stop.mutate()}
          loading={stop.isPending}
          disabled={run.state === "stopping"}
        >
          Stop
        </ActButton>
        <ActButton
          variant="default"
          leftSection={<Icon name={isPaused ? "play" : "pause"} size={15} />}
          onClick={() => act(isPaused ? "resume" : "pause")}
          disabled={!isLive(run) || run.state === "stopping"}
        >
          {isPaused ? "Go on" : "Pause"}
        </ActButton>
        <ActButton
          variant="default"
          leftSection={<Icon name="skull" size={15} />}
          onClick={() => act("kill")}
        >
          Kill
        </ActButton>
        <NumberInput
          label="Grace, seconds"
          size="xs"
          w={110}
          min={0}
          value={grace}
          onChange={(value) => setGrace(Number(value) || 0)}
        />
        {(saving === "yes" || saving === "perhaps") && (
          <Checkbox
            label={saving === "yes" ? "Save first" : "Save first, if it can"}
            checked={save}
            onChange={(event) => setSave(event.currentTarget.checked)}
            mb={6}
          />
        )}
      </Group>
      {run.state === "stopping" && <Steps run={run} />}
    </div>
  );
}

/** Stop; where nobody knows whether it can save, and it cannot, stop it without. */
async function stopRun(id: string, grace_s: number, save: boolean, isUnsure: boolean): Promise<Run> {
  const send = (saving: boolean) =>
    need(
      api.POST("/api/v1/simulations/{simulation_id}/stop", {
        params: { path: { simulation_id: id } },
        body: { grace_s, save: saving },
      }),
    );
  try {
    return await send(save);
  } catch (error) {
    if (save && isUnsure && error instanceof ApiError && error.status === 409) return send(false);
    throw error;
  }
}

function Steps({ run }: { run: Run }) {
  const { data = [] } = useInterventions(run.id);
  const step = ladderStep(data.filter((item) => item.attempt === run.attempt));
  if (!step) return null; // it ends by itself
  return (
    <Stepper active={step} size="xs" mt="md" color="orange.9" aria-label="How far the stop is">
      <Stepper.Step label="Asked" description="it may end by itself" />
      <Stepper.Step label="SIGTERM" description="after the grace" />
      <Stepper.Step label="SIGKILL" description="5 s later" />
    </Stepper>
  );
}
