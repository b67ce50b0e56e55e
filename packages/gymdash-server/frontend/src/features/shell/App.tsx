/** The frame: header with the views, sidebar of runs, and the view that the address names. */

import { AppShell, Center, Loader } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Suspense } from "react";
import { Route, Switch, useLocation } from "wouter";
import { usePageModules } from "@/api/renderers";
import { RunsView } from "@/features/runs/RunsView";
import { Empty } from "@/ui/DataState";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { lazily } from "@/ui/lazily";
import { Connection } from "./Connection";
import { Header } from "./Header";
import { Sidebar } from "./Sidebar";

const StartView = lazily(() => import("@/features/start/StartView"));
const ControlView = lazily(() => import("@/features/control/ControlView"));
const AnalyzeView = lazily(() => import("@/features/analyze/AnalyzeView"));
const RunView = lazily(() => import("@/features/run/RunView"));
const PluginsView = lazily(() => import("@/features/plugins/PluginsView"));
const SettingsView = lazily(() => import("@/features/settings/SettingsView"));

/** Loads what plugins have the page load. */
function PageModules() {
  usePageModules();
  return null;
}

export function App() {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const [path] = useLocation();
  return (
    <AppShell
      header={{ height: 54 }}
      navbar={{ width: 290, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
      padding="md"
      transitionDuration={0}
    >
      <a href="#view" className="skip">
        Skip to the view
      </a>
      <Header isOpen={isOpen} toggle={toggle} />
      <AppShell.Navbar aria-label="Runs">
        <ErrorBoundary name="The list of runs">
          <Sidebar onPick={close} />
        </ErrorBoundary>
      </AppShell.Navbar>
      <AppShell.Main id="view" tabIndex={-1} style={{ outline: "none" }}>
        <Connection />
        <PageModules />
        <ErrorBoundary name={`The view ${path}`}>
          <Suspense fallback={<Waiting />}>
            <Switch>
              <Route path="/" component={RunsView} />
              <Route path="/start" component={StartView} />
              <Route path="/control" component={ControlView} />
              <Route path="/analyze" component={AnalyzeView} />
              <Route path="/runs/:id" component={RunView} />
              <Route path="/plugins" component={PluginsView} />
              <Route path="/settings" component={SettingsView} />
              <Route>
                <Empty title="There is no such view" />
              </Route>
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </AppShell.Main>
    </AppShell>
  );
}

function Waiting() {
  return (
    <Center p="xl">
      <Loader size="sm" aria-label="Loading the view" />
    </Center>
  );
}
