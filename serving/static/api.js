// Talking to the API: the access token lives in memory only, the refresh token in a cookie that scripts can't read.

const HINT = "evosense.session"; // "a refresh cookie may be there"; saves a request that would fail

export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

let access = null;
let renewal = null;
const renewed = new Set();

export const session = () => access;
export const onRenewed = (listener) => renewed.add(listener);
export const mayBeLoggedIn = () => localStorage.getItem(HINT) !== null;

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Problem(0, "Sem conexão com o servidor.");
  }
  if (response.ok) return response.status === 204 ? null : response.json();
  const body = await response.json().catch(() => ({}));
  throw new Problem(response.status, body.detail ?? "O servidor respondeu com um erro.");
}

function keep(token) {
  access = token;
  localStorage.setItem(HINT, "1");
  clearTimeout(renewal);
  renewal = setTimeout(() => refresh().catch(() => {}), (token.expires_in - 60) * 1000);
  return token;
}

export async function login(email, password) {
  const body = JSON.stringify({ email, password });
  return keep(await send("/api/auth/login", { method: "POST", headers: { "Content-Type": "application/json" }, body }));
}

// Browsers offer locks on https and on this machine only; elsewhere a second tab may have to log in again.
const inTurn = (work) => (navigator.locks ? navigator.locks.request("evosense.refresh", work) : work());

// Each cookie works once, so tabs take turns.
export async function refresh() {
  const former = access;
  return inTurn(async () => {
    if (access !== former && access !== null) return access;
    try {
      keep(await send("/api/auth/refresh", { method: "POST" }));
    } catch (problem) {
      if (problem.status === 401) forget();
      throw problem;
    }
    renewed.forEach((listener) => listener(access));
    return access;
  });
}

export async function logout() {
  forget();
  await send("/api/auth/logout", { method: "POST" }).catch(() => {});
}

export function forget() {
  access = null;
  clearTimeout(renewal);
  localStorage.removeItem(HINT);
}

export async function call(path, options = {}) {
  const attempt = () =>
    send(path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${access?.access_token}` } });
  try {
    return await attempt();
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    await refresh();
    return attempt();
  }
}

export const post = (path, body) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
