/** What can be done to all selected runs: tag them, throw away those that have ended. */

import { Menu, Modal, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, need, type Run } from "@/api/client";
import { failuresText, forEach, runsText, taggedText, thrownText } from "@/lib/bulk";
import { ActButton } from "@/ui/ActButton";
import { Icon } from "@/ui/icons";
import { notify, notifyFailures } from "@/ui/notify";
import { hasEnded } from "@/ui/states";
import { useSelection } from "@/ui/useSelection";

const id = (run: Run) => ({ params: { path: { simulation_id: run.id } } });

export function Bulk({ runs }: { runs: Run[] }) {
  const [tagging, setTagging] = useState(false);
  const trash = useThrowAway();
  const { drop } = useSelection();
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActButton variant="default" size="sm" disabled={!runs.length} loading={trash.isPending}>
            More
          </ActButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{runsText(runs.length)} selected</Menu.Label>
          <Menu.Item leftSection={<Icon name="tag" size={15} />} onClick={() => setTagging(true)}>
            Tag
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="trash" size={15} />}
            color="red"
            onClick={() =>
              trash.mutate(runs, { onSuccess: ({ done }) => drop(new Set(done.map((run) => run.id))) })
            }
          >
            Throw away
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {tagging && <Tagging runs={runs} close={() => setTagging(false)} />}
    </>
  );
}

/** Move those that have ended to the trash. */
function useThrowAway() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (runs: Run[]) =>
      forEach(runs.filter(hasEnded), (run) =>
        need(api.DELETE("/api/v1/simulations/{simulation_id}", id(run))),
      ),
    onSuccess: ({ done, failed }, runs) => {
      void queries.invalidateQueries({ queryKey: ["trash"] });
      notify(thrownText(done.length, runs.length - done.length - failed.length));
      if (failed.length) notifyFailures("Not thrown away", failuresText(failed));
    },
  });
}

function Tagging({ runs, close }: { runs: Run[]; close: () => void }) {
  const [text, setText] = useState("");
  const tag = text.trim();
  const add = useMutation({
    mutationFn: () =>
      forEach(
        runs.filter(({ tags }) => !tags.includes(tag)),
        (run) =>
          need(
            api.PATCH("/api/v1/simulations/{simulation_id}", {
              ...id(run),
              body: { tags: [...run.tags, tag] },
            }),
          ),
      ),
    onSuccess: ({ done, failed }) => {
      notify(taggedText(tag, done.length, runs.length - done.length - failed.length));
      if (failed.length) notifyFailures("Not tagged", failuresText(failed));
      close();
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Modal opened onClose={close} title={`Tag ${runsText(runs.length)}`}>
      <form onSubmit={send}>
        <Stack gap="sm">
          <TextInput
            label="Tag"
            data-autofocus
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <ActButton type="submit" disabled={!tag} loading={add.isPending}>
            Add the tag
          </ActButton>
        </Stack>
      </form>
    </Modal>
  );
}
