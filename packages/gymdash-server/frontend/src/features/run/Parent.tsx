/** The run that another was made from, and the checkpoint that it began with. */

import { Text } from "@mantine/core";
import { Link } from "wouter";
import { useCheckpoints, useRuns } from "@/api/queries";
import { ancestryOf } from "@/lib/ancestry";

export function Parent({ run, parent }: { run: string; parent: string }) {
  const found = useRuns().data?.find(({ id }) => id === parent);
  const own = useCheckpoints(run);
  const ofParent = useCheckpoints(parent, found !== undefined);
  const { how, where } = ancestryOf(parent, own.data ?? [], ofParent.data ?? []);
  if (own.isPending) return null;
  return (
    <Text size="sm" mt={4} className="breaks">
      {how}{" "}
      <Link href={`/runs/${parent}?runs=${parent}`} className="link" title={parent}>
        {found?.name ?? parent.slice(0, 8)}
      </Link>
      {where && `, ${where}`}
    </Text>
  );
}
