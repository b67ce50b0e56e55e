/** The connection to the server's stream: says what comes, whether it stands, and begins anew when it was lost. */

export type ConnectionState = "connecting" | "live" | "lost" | "refused";

export const EVENTS = [
  "hello",
  "simulation",
  "progress",
  "points",
  "control_request",
  "channel",
  "log",
  "usage",
  "resync",
] as const;
export type EventName = (typeof EVENTS)[number];
type Heard = (name: EventName, data: Record<string, unknown>) => void;

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5_000;
/** A hidden page gives its connection back: browsers have six for a server, and all its tabs share them. */
const HIDDEN_MS = 30_000;

export class LiveStream {
  private source: EventSource | null = null;
  private wait = FIRST_WAIT_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hiding: ReturnType<typeof setTimeout> | undefined;
  private listeners = new Set<() => void>();
  state: ConnectionState = "connecting";

  constructor(
    private readonly url: string,
    private readonly heard: Heard,
    private readonly isRefused: () => Promise<boolean>,
  ) {}

  start(): void {
    document.addEventListener("visibilitychange", this.onVisibility);
    this.open();
  }

  close(): void {
    document.removeEventListener("visibilitychange", this.onVisibility);
    clearTimeout(this.hiding);
    this.drop();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getState = (): ConnectionState => this.state;

  private open(): void {
    this.drop();
    const source = new EventSource(this.url);
    this.source = source;
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        if (name === "hello") {
          this.wait = FIRST_WAIT_MS;
          this.become("live");
        }
        this.heard(name, JSON.parse((event as MessageEvent<string>).data) as Record<string, unknown>);
      });
    }
    source.onerror = () => void this.onLost(source);
  }

  private async onLost(source: EventSource): Promise<void> {
    if (source !== this.source) return;
    this.drop();
    const refused = await this.isRefused();
    if (this.source || this.timer) return;
    this.become(refused ? "refused" : "lost");
    this.timer = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
  }

  private drop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.source?.close();
    this.source = null;
  }

  private become(state: ConnectionState): void {
    if (state === this.state) return;
    this.state = state;
    for (const listener of this.listeners) listener();
  }

  private onVisibility = (): void => {
    clearTimeout(this.hiding);
    if (document.hidden) this.hiding = setTimeout(() => this.drop(), HIDDEN_MS);
    else if (!this.source) this.open();
  };
}
