/** What can be done to a run as a whole. */

import { Button, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { api, need, type Run } from "@/api/client";
import { useVerb, type Verb } from "@/api/queries";
import { Icon } from "@/ui/icons";
import { notify, notifyError } from "@/ui/notify";
import { hasEnded } from "@/ui/states";

export function Actions({ run }: { run: Run }) {
  const [, go] = useLocation();
  const queries = useQueryClient();
  const verb = useVerb(run.id);
  const act = (name: Verb, then: (made: Run) => void = () => {}) =>
    verb.mutate(name, { onSuccess: then, onError: notifyError("It could not be done") });
  const trash = useMutation({
    mutationFn: () =>
      need(
        api.DELETE("/api/v1/simulations/{simulation_id}", { params: { path: { simulation_id: run.id } } }),
      ),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["trash"] });
      notify(`${run.name} is in the trash`);
      go("/");
    },
    onError: notifyError("It was not thrown away"),
  });
  const open = (made: Run) => go(`/runs/${made.id}?runs=${made.id}`);
  const ended = hasEnded(run);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" size="sm">
          More
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="again" size={15} />} onClick={() => act("restart", open)}>
          Start again
        </Menu.Item>
        <Menu.Item
          leftSection={<Icon name="branch" size={15} />}
          onClick={() => go(`/start?type=${encodeURIComponent(run.key)}&from=${run.id}`)}
        >
          Start again with changes
        </Menu.Item>
        <Menu.Item
          leftSection={<Icon name="play" size={15} />}
          disabled={!ended}
          onClick={() => act("resume")}
        >
          Go on with this run
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          leftSection={<Icon name="trash" size={15} />}
          color="red"
          disabled={!ended}
          onClick={() => trash.mutate()}
        >
          Move to the trash
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
