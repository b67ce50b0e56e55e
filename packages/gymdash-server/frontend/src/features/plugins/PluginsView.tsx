/** What is installed: versions, what each plugin brings, and what is wrong with it. */

import { Alert, Badge, Code, Group, SimpleGrid, Text, Title } from "@mantine/core";
import type { Plugin } from "@/api/client";
import { usePlugins } from "@/api/queries";
import { type LoadedModule, usePageModules } from "@/api/renderers";
import { DataState, Empty } from "@/ui/DataState";

export default function PluginsView() {
  const plugins = usePlugins();
  const modules = usePageModules();
  return (
    <>
      <Title order={2} mb="md">
        Plugins
      </Title>
      <DataState
        query={plugins}
        isEmpty={(data) => !data.length}
        empty={<Empty title="No plugins are installed" />}
      >
        {(data) => (
          <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
            {data.map((plugin) => (
              <PluginCard key={`${plugin.distribution}/${plugin.name}`} plugin={plugin} modules={modules} />
            ))}
          </SimpleGrid>
        )}
      </DataState>
    </>
  );
}

function PluginCard({ plugin, modules }: { plugin: Plugin; modules: LoadedModule[] }) {
  return (
    <article className="card" style={{ padding: 18 }} aria-label={plugin.name}>
      <Group justify="space-between" mb={4}>
        <Title order={3} size="h5">
          {plugin.name}
        </Title>
        <Badge color={plugin.ok ? "teal" : "red"} variant="light" tt="none">
          {plugin.ok ? "in use" : `broken: ${plugin.stage}`}
        </Badge>
      </Group>
      <Text size="xs" c="dimmed" mb="sm" className="mono">
        {plugin.distribution} {plugin.version} · {plugin.module}
      </Text>
      {Object.entries(plugin.items)
        .filter(([, names]) => names.length)
        .map(([kind, names]) => (
          <Group key={kind} gap={6} mb={6}>
            <Text size="sm" c="dimmed" w={78}>
              {kind.replaceAll("_", " ")}
            </Text>
            {names.map((name) => (
              <Badge key={name} variant="default" size="sm" tt="none">
                {name}
              </Badge>
            ))}
          </Group>
        ))}
      {modules
        .filter((module) => module.plugin === plugin.name)
        .map(({ path, error }) => (
          <Text key={path} size="sm" c={error ? "red" : "dimmed"} className="breaks">
            page module {path}
            {error && `: ${error}`}
          </Text>
        ))}
      {plugin.error && (
        <Alert color="red" mt="sm" title={plugin.error}>
          {plugin.traceback && (
            <details>
              <summary>Traceback</summary>
              <Code block>{plugin.traceback}</Code>
            </details>
          )}
        </Alert>
      )}
      {[...plugin.clashes, ...plugin.unknown_hooks.map((hook) => `unknown hook ${hook}`)].map((remark) => (
        <Text key={remark} size="sm" c="red">
          {remark}
        </Text>
      ))}
    </article>
  );
}
