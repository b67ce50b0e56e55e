/** Says that a run was thrown away, perhaps in another tab, and takes it back. */

import { Alert } from "@mantine/core";
import type { Run } from "@/api/client";
import { useVerb } from "@/api/queries";
import { ActButton } from "@/ui/ActButton";
import { notifyError } from "@/ui/notify";

export function InTrash({ run }: { run: Run }) {
  const verb = useVerb(run.id);
  if (run.trashed === null) return null;
  return (
    <Alert color="orange" mb="sm" title="This run is in the trash">
      <ActButton
        size="xs"
        variant="default"
        loading={verb.isPending}
        onClick={() => verb.mutate("restore", { onError: notifyError("It was not taken back") })}
      >
        Take it back
      </ActButton>
    </Alert>
  );
}
