import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "uplot/dist/uPlot.min.css";
import "@/ui/app.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { LiveProvider } from "@/api/context";
import { Live, makeQueryClient } from "@/api/live";
import { runsQuery } from "@/api/queries";
import { App } from "@/features/shell/App";
import { Theme } from "@/ui/Theme";

/** How long the page waits for the stream before it shows what can be read without it. */
const PATIENCE_MS = 1500;

const queries = makeQueryClient();
const live = new Live(queries);
live.stream.start();

const root = document.getElementById("root");
if (!root) throw new Error("the document has no root");
const page = createRoot(root);
const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
void Promise.race([live.begun, patience]).then(() => {
  void queries.prefetchQuery(runsQuery(queries)); // its answer is on the way while the frame is drawn
  page.render(
    <Theme>
      <QueryClientProvider client={queries}>
        <LiveProvider value={live}>
          <App />
        </LiveProvider>
      </QueryClientProvider>
    </Theme>,
  );
});
