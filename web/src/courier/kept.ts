// What a courier's device keeps between two visits: steps that wait, and what the screen last showed. In
// the browser's database where there is one; a mini-program keeps it in its own storage.

import type { Row } from "@paidan/realtime";

import { keep, recall } from "@/platform/storage";

import type { Step } from "./queue";

export interface Kept {
  addStep(step: Omit<Step, "counter">): Promise<number>;
  putStep(step: Step): Promise<void>;
  dropStep(counter: number): Promise<void>;
  steps(): Promise<Step[]>;
  putView(name: string, rows: readonly Row[]): Promise<void>;
  view(name: string): Promise<Row[]>;
}

const NAME = "paidan-courier";
const STEPS = "steps";
const VIEWS = "views";

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function openDatabase(): Promise<IDBDatabase> {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(STEPS, { keyPath: "counter", autoIncrement: true });
    opening.result.createObjectStore(VIEWS);
  };
  return answered(opening);
}

class InDatabase implements Kept {
  private readonly database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.database = database;
  }

  addStep(step: Omit<Step, "counter">): Promise<number> {
    return this.run(STEPS, "readwrite", (store) => store.add(step)) as Promise<number>;
  }

  async putStep(step: Step): Promise<void> {
    await this.run(STEPS, "readwrite", (store) => store.put(step));
  }

  async dropStep(counter: number): Promise<void> {
    await this.run(STEPS, "readwrite", (store) => store.delete(counter));
  }

  steps(): Promise<Step[]> {
    return this.run(STEPS, "readonly", (store) => store.getAll()) as Promise<Step[]>;
  }

  async putView(name: string, rows: readonly Row[]): Promise<void> {
    await this.run(VIEWS, "readwrite", (store) => store.put(rows, name));
  }

  async view(name: string): Promise<Row[]> {
    return ((await this.run(VIEWS, "readonly", (store) => store.get(name))) as Row[] | undefined) ?? [];
  }

  // Durable when it settles: the transaction is over by then.
  private async run(store: string, mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
    const transaction = this.database.transaction(store, mode, { durability: "strict" });
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    const answer = await answered(work(transaction.objectStore(store)));
    await done;
    return answer;
  }
}

class InStorage implements Kept {
  async addStep(step: Omit<Step, "counter">): Promise<number> {
    const all = this.all();
    const counter = Math.max(0, ...all.map((each) => each.counter)) + 1;
    keep(STEPS, [...all, { ...step, counter }]);
    return counter;
  }

  async putStep(step: Step): Promise<void> {
    keep(STEPS, this.all().map((each) => (each.counter === step.counter ? step : each)));
  }

  async dropStep(counter: number): Promise<void> {
    keep(STEPS, this.all().filter((each) => each.counter !== counter));
  }

  async steps(): Promise<Step[]> {
    return this.all();
  }

  async putView(name: string, rows: readonly Row[]): Promise<void> {
    keep(`${VIEWS}:${name}`, rows);
  }

  async view(name: string): Promise<Row[]> {
    return recall<Row[]>(`${VIEWS}:${name}`) ?? [];
  }

  private all(): Step[] {
    return recall<Step[]>(STEPS) ?? [];
  }
}

export async function openKept(): Promise<Kept> {
  if (typeof indexedDB === "undefined") return new InStorage();
  return openDatabase().then((database) => new InDatabase(database), () => new InStorage());
}
