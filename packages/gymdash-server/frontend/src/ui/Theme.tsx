/** Colours and shapes, light and dark, with enough contrast to be read. */

import {
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  MantineProvider,
} from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import type { ReactNode } from "react";

/** The greys of the dark page, a little blue as its cards are. */
const DARK: MantineColorsTuple = [
  "#c9ced4",
  "#b8bec5",
  "#868d95",
  "#6b727a",
  "#41474f",
  "#363b42",
  "#2a2e35",
  "#1b1e23",
  "#16181c",
  "#101215",
];

const theme = createTheme({
  colors: { dark: DARK },
  primaryColor: "teal",
  primaryShade: { light: 9, dark: 9 },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Badge: { defaultProps: { radius: "sm" } },
    NumberInput: { defaultProps: { clampBehavior: "none" } }, // what is refused is said, and not changed in silence
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
  },
});

const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#566069",
    "--mantine-color-placeholder": "#6a747d",
    "--mantine-color-error": "#c01f1f",
    "--mantine-color-yellow-light-color": "#7a4f00",
    "--mantine-color-orange-light-color": "#a33a00",
    "--mantine-color-teal-light-color": "#065f44",
    "--mantine-color-blue-light-color": "#1259a8",
    "--mantine-color-gray-light-color": "#495057",
    "--mantine-color-red-light-color": "#b02525",
    "--mantine-color-grape-light-color": "#86249c",
  },
  dark: {
    "--mantine-color-dimmed": "#a9b0b8",
    "--mantine-color-placeholder": "#9aa2aa",
    "--mantine-color-error": "#ff9b9b",
  },
});

export function Theme({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={variables}>
      <Notifications position="bottom-right" />
      {children}
    </MantineProvider>
  );
}
