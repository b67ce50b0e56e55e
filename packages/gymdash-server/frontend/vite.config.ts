import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  plugins: [react()],
  base: "/",
  resolve: {
    alias: {
      "@": here("./src"),
      // The form library's test kit imports it; here the server validates, and ajv needs unsafe-eval.
      "@rjsf/validator-ajv8": here("./src/lib/noAjv.ts"),
    },
  },
  build: {
    outDir: "../src/gymdash_server/static",
    emptyOutDir: true,
    manifest: "manifest.json",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // they have light-dark()
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8888" } },
  test: {
    environment: "node",
    setupFiles: ["src/testing/setup.ts"],
    css: false,
    server: { deps: { inline: ["@rjsf/mantine"] } },
  },
});
