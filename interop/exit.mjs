// How session.mjs tells run.mjs what happened. 1 is what Node.js itself ends with.
export const exitCodes = { passed: 0, failed: 3, doesNotRun: 4 };
