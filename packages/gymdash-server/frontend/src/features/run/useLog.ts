/** A captured stream of a run: its end at first, then what comes, and what was before where it is asked for. */

import { useCallback, useEffect, useRef, useState } from "react";
import { api, messageOf, need } from "@/api/client";
import { useConnection, useLive } from "@/api/context";
import { answered, append, type Log } from "@/lib/log";

export type Stream = "stdout" | "stderr";
const EARLIER_BYTES = 256 * 1024;

export function useLog(run: string, stream: Stream) {
  const live = useLive();
  const connection = useConnection();
  const [log, setLog] = useState<Log | null>(null);
  const [error, setError] = useState<string>();
  const known = useRef<Log | null>(null);
  const read = useCallback(
    async (query: { offset?: number; limit?: number }) =>
      need(
        api.GET("/api/v1/simulations/{simulation_id}/logs", {
          params: { path: { simulation_id: run }, query: { stream, ...query } },
        }),
      ),
    [run, stream],
  );
  const put = useCallback((now: Log) => {
    known.current = now;
    setLog(now);
  }, []);
  const catchUp = useCallback(async () => {
    try {
      for (;;) {
        const before = known.current;
        const part = await read(before ? { offset: before.end } : {});
        put(answered(before, known.current, part));
        setError(undefined);
        if (part.next_offset >= part.size) return;
      }
    } catch (problem) {
      setError(messageOf(problem));
    }
  }, [read, put]);
  useEffect(() => {
    known.current = null;
    setLog(null);
  }, []);
  useEffect(() => {
    if (connection === "live") void catchUp();
  }, [connection, catchUp]);
  useEffect(
    () =>
      live.onLog((event) => {
        if (event.simulation_id !== run || event.stream !== stream || !known.current) return;
        const grown = append(known.current, event);
        if (grown) put(grown);
        else void catchUp();
      }),
    [live, run, stream, put, catchUp],
  );
  const earlier = async () => {
    const now = known.current;
    if (!now || now.begin === 0) return;
    const offset = Math.max(0, now.begin - EARLIER_BYTES);
    const part = await read({ offset, limit: now.begin - offset });
    const later = known.current;
    if (!later || part.next_offset !== later.begin) return;
    put({ begin: part.offset, end: later.end, text: part.text + later.text });
  };
  return { log, error, earlier };
}
