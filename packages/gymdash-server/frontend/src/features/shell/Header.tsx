/** Views, open questions, connection, light and dark. */

import {
  ActionIcon,
  AppShell,
  Badge,
  Burger,
  Group,
  Text,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { Link, useLocation } from "wouter";
import { useQuestions } from "@/api/queries";
import { Icon, type IconName } from "@/ui/icons";
import { useViewLink } from "@/ui/useSelection";
import { ConnectionDot } from "./Connection";

const VIEWS: { path: string; name: string; icon: IconName; key: string }[] = [
  { path: "/", name: "Runs", icon: "list", key: "1" },
  { path: "/start", name: "Start", icon: "play", key: "2" },
  { path: "/control", name: "Control", icon: "chat", key: "3" },
  { path: "/analyze", name: "Analyze", icon: "chart", key: "4" },
  { path: "/plugins", name: "Plugins", icon: "plug", key: "5" },
  { path: "/settings", name: "Settings", icon: "gear", key: "6" },
];

/** A badge is round: it has room for two digits. */
const MOST_COUNTED = 99;

export function Header({ isOpen, toggle }: { isOpen: boolean; toggle: () => void }) {
  const [path, go] = useLocation();
  const link = useViewLink();
  const open = useQuestions().data?.length ?? 0;
  useHotkeys(VIEWS.map((view) => [`alt+${view.key}`, () => go(link(view.path))]));
  return (
    <AppShell.Header>
      <Group h="100%" px={{ base: "xs", sm: "md" }} gap="sm" wrap="nowrap">
        <Burger
          opened={isOpen}
          onClick={toggle}
          hiddenFrom="sm"
          size="sm"
          aria-label="Show the list of runs"
        />
        <img src="/icon.svg" alt="" width={26} height={26} className="logo" />
        <Text fw={700} visibleFrom="md">
          GymDash
        </Text>
        <nav className="nav" aria-label="Views">
          {VIEWS.map((view) => (
            <Link
              key={view.path}
              href={link(view.path)}
              className="nav-link"
              aria-current={isCurrent(path, view.path) ? "page" : undefined}
              title={`Alt+${view.key}`}
            >
              <Icon name={view.icon} size={16} />
              <span className="nav-name">{view.name}</span>
              {view.path === "/control" && open > 0 && (
                <Badge
                  size="sm"
                  circle
                  color="red.9"
                  variant="filled"
                  className="nav-count"
                  aria-label={`${open} open ${open === 1 ? "question" : "questions"}`}
                >
                  {open > MOST_COUNTED ? `${MOST_COUNTED}+` : open}
                </Badge>
              )}
            </Link>
          ))}
        </nav>
        <ConnectionDot />
        <SchemeToggle />
      </Group>
    </AppShell.Header>
  );
}

function isCurrent(path: string, view: string): boolean {
  return view === "/" ? path === "/" || path.startsWith("/runs/") : path === view;
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <Tooltip label={`Switch to ${other}`}>
      <ActionIcon variant="default" onClick={() => setColorScheme(other)} aria-label={`Switch to ${other}`}>
        <Icon name={scheme === "dark" ? "sun" : "moon"} size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
