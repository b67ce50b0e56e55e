/** Puts what is heard over what was asked for, also where the answer is still on its way and may be older. */

import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** What something heard makes of what is known; null where it cannot tell, so that it has to be read again. */
export type Change<T> = (known: T) => T | null;

/** An answer on its way, and what it may not know: changes, and that it has to be read again. */
interface Waiting {
  changes: Change<unknown>[];
  again: boolean;
}

export class Merger {
  private waiting = new Map<string, Waiting>();
  private isPutting = false;

  constructor(private readonly queries: QueryClient) {
    queries.getQueryCache().subscribe(({ type, query }) => {
      if (type !== "updated" || this.isPutting || !this.waiting.has(query.queryHash)) return;
      this.settle(query.queryKey, query.queryHash, query.state.fetchStatus === "fetching");
    });
  }

  /**
   * Change what is known, and likewise the answer that is on its way.
   *
   * A change may meet an answer that is newer than itself: what comes after it is then heard as well.
   */
  put<T>(queryKey: QueryKey, change: Change<T>): void {
    const query = this.find(queryKey);
    if (!query) return;
    if (query.state.fetchStatus === "fetching") {
      this.waitingFor(query.queryHash).changes.push(change as Change<unknown>);
    }
    this.apply(queryKey, [change as Change<unknown>]);
  }

  /**
   * Read again. An answer on its way is waited for: where a server is slow, requests for each change would pile up.
   *
   * With `anew` a new request takes the place of one whose answer may never come; but not of a first one, which is
   * given to whoever asks meanwhile.
   */
  renew(queryKey: QueryKey, anew = false): void {
    for (const query of this.queries.getQueryCache().findAll({ queryKey })) {
      const isJoined = !anew || query.state.data === undefined || !query.isActive();
      if (query.state.fetchStatus === "fetching" && isJoined) this.waitingFor(query.queryHash).again = true;
    }
    void this.queries.invalidateQueries({ queryKey }, { cancelRefetch: anew });
  }

  /** Forget what was heard: an answer that comes from now on is newer, or is asked for again. */
  forget(): void {
    for (const waiting of this.waiting.values()) waiting.changes = [];
  }

  private find(queryKey: QueryKey) {
    return this.queries.getQueryCache().find({ queryKey, exact: true });
  }

  private waitingFor(hash: string): Waiting {
    const known = this.waiting.get(hash) ?? { changes: [], again: false };
    this.waiting.set(hash, known);
    return known;
  }

  /** Merge into what has come: into a part of an answer, and for the last time into all of it. */
  private settle(queryKey: QueryKey, hash: string, isPart: boolean): void {
    const { changes, again } = this.waitingFor(hash);
    if (!isPart) this.waiting.delete(hash);
    this.apply(queryKey, changes);
    if (again && !isPart) this.renew(queryKey);
  }

  private apply(queryKey: QueryKey, changes: Change<unknown>[]): void {
    const known = this.find(queryKey)?.state.data;
    if (known === undefined) return;
    const changed = changes.reduce<unknown>((now, change) => now && change(now), known);
    if (changed === null) this.renew(queryKey);
    if (changed === null || changed === known) return;
    this.isPutting = true;
    this.queries.setQueryData(queryKey, changed);
    this.isPutting = false;
  }
}
