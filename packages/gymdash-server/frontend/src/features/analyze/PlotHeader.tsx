/** The head of a plot: what it shows, how much of it, and its downloads. */

import { ActionIcon, Group, Loader, Text, Title, Tooltip } from "@mantine/core";
import { formatCount } from "@/lib/format";
import { Icon, type IconName } from "@/ui/icons";

interface Props {
  title: string;
  isSmall: boolean;
  shown: number;
  total: number;
  isReading: boolean;
  onReset: (() => void) | null;
  onCsv: () => void;
  onPng: () => void;
}

export function PlotHeader({ title, isSmall, shown, total, isReading, onReset, onCsv, onPng }: Props) {
  return (
    <Group component="header" justify="space-between" wrap="nowrap" mb={isSmall ? 0 : 4} gap={8}>
      <Title
        order={3}
        size="h6"
        className={isSmall ? "cell" : "breaks"}
        fz={isSmall ? "xs" : undefined}
        title={title}
        style={{ flex: 1, minWidth: 0 }}
      >
        {title}
      </Title>
      <Group gap={6} wrap="nowrap">
        {isReading && <Loader size={14} aria-label="Loading points" />}
        <Text
          size="xs"
          c="dimmed"
          className="numbers"
          style={{ whiteSpace: "nowrap" }}
          data-testid="points-shown"
        >
          {formatCount(shown)} of {formatCount(total)} {total === 1 ? "point" : "points"}
        </Text>
      </Group>
      <Group gap={6} wrap="nowrap" className={isSmall ? "plot-acts folded" : "plot-acts"}>
        {onReset && (
          <Act tip="See everything (double click)" label="See everything" icon="again" onClick={onReset} />
        )}
        <Act
          tip="Download what is shown as CSV"
          label={`Download ${title} as CSV`}
          icon="down"
          onClick={onCsv}
        />
        <Act
          tip="Download a picture of this plot"
          label={`Download ${title} as PNG`}
          icon="image"
          onClick={onPng}
        />
      </Group>
    </Group>
  );
}

function Act(props: { tip: string; label: string; icon: IconName; onClick: () => void }) {
  return (
    <Tooltip label={props.tip}>
      <ActionIcon variant="default" size="sm" onClick={props.onClick} aria-label={props.label}>
        <Icon name={props.icon} size={13} />
      </ActionIcon>
    </Tooltip>
  );
}
