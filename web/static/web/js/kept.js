// What a device keeps for itself between two visits: in the browser's database where there is one,
// else as long as the page stays.

const NAME = "paidan";
const STEPS = "steps";
const VIEWS = "views";

function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function openDatabase() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(STEPS, { keyPath: "counter", autoIncrement: true });
    opening.result.createObjectStore(VIEWS);
  };
  return asked(opening);
}

class Kept {
  constructor() {
    this.database = openDatabase();
  }

  // Durable when it resolves: the transaction is over by then.
  async run(store, mode, work) {
    const transaction = (await this.database).transaction(store, mode, { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const answer = await asked(work(transaction.objectStore(store)));
    await done;
    return answer;
  }

  addStep(step) {
    return this.run(STEPS, "readwrite", (store) => store.add(step));
  }

  putStep(step) {
    return this.run(STEPS, "readwrite", (store) => store.put(step));
  }

  dropStep(counter) {
    return this.run(STEPS, "readwrite", (store) => store.delete(counter));
  }

  steps() {
    return this.run(STEPS, "readonly", (store) => store.getAll());
  }

  putView(name, view) {
    return this.run(VIEWS, "readwrite", (store) => store.put(view, name));
  }

  view(name) {
    return this.run(VIEWS, "readonly", (store) => store.get(name));
  }
}

class Forgetful {
  #steps = new Map();
  #last = 0;

  async addStep(step) {
    this.#steps.set(++this.#last, { ...step, counter: this.#last });
    return this.#last;
  }

  async putStep(step) {
    this.#steps.set(step.counter, step);
  }

  async dropStep(counter) {
    this.#steps.delete(counter);
  }

  async steps() {
    return [...this.#steps.values()];
  }

  async putView() {}

  async view() {}
}

export async function openKept() {
  try {
    const kept = new Kept();
    await kept.database;
    return kept;
  } catch {
    return new Forgetful();
  }
}
