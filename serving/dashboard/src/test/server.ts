import { setupServer } from "msw/node";

/** The API as the tests of components see it; each test says what it answers. */
export const server = setupServer();
