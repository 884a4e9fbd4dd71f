/**
 * Registering pictures, and adding some to a case: they become fingerprints on this device, everything that will be sent
 * is shown, and then it is sent: a new case in one request, each added picture in one.
 *
 * 1. Everything is loaded first. From "ready" on the network may be off until the moment of sending.
 * 2. Files stay in the file field: no name, time or size of a file is read but its bytes, in the device's worker.
 * 3. Where the browser distorts pixels, nothing is fingerprinted here. The server's way is offered as a choice.
 * 4. A request has one Idempotency-Key until it succeeds, so that sending it again registers nothing twice.
 */

const MAX_PICTURES = 16;
const TOO_MANY_REQUESTS = 429;
const FIRST_SERVER_ERROR = 500;

const byId = (id) => document.getElementById(id);
const root = byId("device");
/** The answers of the pages before; null where pictures are added to a case. */
const answers = root.dataset.answers ? JSON.parse(root.dataset.answers) : null;
/** The case number and the secret words; null where a case is opened. */
const proof = root.dataset.proof ? JSON.parse(root.dataset.proof) : null;

/** The pictures so far, in their order: {codes, windows, sha256}. */
const pictures = [];
let device = null;
/** What is to be sent: {address, body, key}. */
let requests = [];
let working = Promise.resolve();

function text(name, number = "") {
  const found = byId("texts").content.querySelector(`[data-text="${name}"]`);
  return found.textContent.replace("{}", String(number));
}

function show(id) {
  for (const section of ["choose", "everything", "receipt"]) byId(section).hidden = section !== id;
  const heading = byId(id).querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
}

async function open() {
  root.hidden = false;
  try {
    const { openDevice } = await import(root.dataset.device);
    device = await openDevice();
  } catch (error) {
    offerServer(error.code === "canvas_distorted" ? "canvas_distorted" : "unsupported"); // 3.
    return;
  }
  byId("opening").textContent = "";
  byId("ready").hidden = false;
}

function offerServer(reason) {
  root.hidden = true;
  byId("server").className = "offered";
  byId("why-server").textContent = text(reason);
}

function add(files) {
  for (const file of files) {
    const line = document.createElement("li");
    byId("results").append(line);
    const number = byId("results").children.length;
    line.textContent = text("working", number);
    working = working.then(() => fingerprint(file, number, line));
  }
  byId("files").value = ""; // the field forgets the names
}

async function fingerprint(file, number, line) {
  if (pictures.length >= MAX_PICTURES) {
    line.textContent = text("too_many", number);
    return;
  }
  const edits = document.querySelector("[name=edits]:checked").value === "yes";
  try {
    const { codes, windows } = await device.fingerprint(file, { edits });
    const sha256 = codes.find((code) => code.algorithm === "sha256").value;
    if (pictures.some((one) => one.sha256 === sha256)) {
      line.textContent = text("twice", number);
      return;
    }
    pictures.push({ codes, windows, sha256 });
    line.textContent = text("ready", number);
  } catch (error) {
    line.textContent = text(error.code ?? "failed", number);
    line.className = "error";
    if (error.code === "canvas_distorted") offerServer("canvas_distorted");
  }
  byId("onward").disabled = pictures.length === 0;
}

/** What is told of a picture. */
const told = ({ codes, windows }) => ({ kind: kind(), codes, ...(windows && { windows }) });

const kind = () => root.dataset.kind ?? document.querySelector("[name=kind]:checked").value;

function contact() {
  return {
    kind: answers.contact,
    value: answers.value,
    may_leave_message: answers.message === "yes",
    hours: answers.hours ?? "",
    wording: answers.wording ?? "",
  };
}

/** Everything that is sent: one request for a new case, one for each picture that is added. */
function bodies() {
  if (proof !== null) {
    const { language, ...words } = proof;
    return pictures.map((one) => ({ ...words, ...told(one), consents: ["fingerprints"] }));
  }
  const claim = { references: pictures.map(told), consents: ["fingerprints"], language: document.documentElement.lang, is_adult: true };
  return [answers.contact === "none" ? claim : { ...claim, contact: contact() }];
}

function showEverything() {
  const address = proof === null ? "/v1/claims" : "/v1/claims/references";
  const keys = new Map(requests.map(({ body, key }) => [body, key])); // of a try whose answer was lost
  requests = bodies()
    .map((body) => JSON.stringify(body))
    .map((body) => ({ address, body, key: keys.get(body) ?? crypto.randomUUID() })); // 4.
  const lines = [
    text("words_codes", pictures.length),
    ...(pictures.some((one) => one.windows) ? [text("words_windows")] : []),
    text(kind() === "intimate_item" ? "words_kind" : "words_source"),
    ...(proof === null ? [text("words_adult"), text("words_language")] : [text("words_case")]),
    ...(answers && answers.contact !== "none" ? [text("words_contact", answers.value)] : []),
    text("words_consent"),
  ];
  byId("words").replaceChildren(
    ...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })),
  );
  byId("body").textContent = requests.map(({ body }) => JSON.stringify(JSON.parse(body), null, 1)).join("\n\n");
  show("everything");
}

async function send() {
  if (!byId("agree").checked || !byId("mine").checked) {
    trouble("agree_first");
    return;
  }
  byId("trouble").hidden = true;
  byId("send").disabled = true;
  try {
    let answer = null;
    while (requests.length > 0) {
      const response = await post(requests[0]);
      if (!response.ok) {
        await tell(response);
        return;
      }
      answer = await response.json();
      requests.shift(); // what is registered is not sent again
    }
    showReceipt(answer);
  } catch {
    trouble("offline");
  } finally {
    byId("send").disabled = false;
  }
}

const post = ({ address, body, key }) =>
  fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body,
    referrerPolicy: "no-referrer",
    credentials: "omit",
  });

async function tell(response) {
  if (response.status === TOO_MANY_REQUESTS || response.status >= FIRST_SERVER_ERROR) {
    trouble("busy");
    return;
  }
  requests[0].key = crypto.randomUUID(); // this answer is final: another try is another request
  const problem = await response.json();
  trouble("refused", problem.detail);
}

function trouble(name, detail = "") {
  byId("trouble").textContent = text(name, detail);
  byId("trouble").hidden = false;
}

function showReceipt(answer) {
  if (proof === null) {
    byId("case").textContent = answer.case;
    byId("secret").textContent = answer.secret;
    byId("recovery").textContent = answer.recovery_words;
  }
  pictures.length = 0;
  byId("body").textContent = "";
  byId("results").replaceChildren();
  device.close();
  show("receipt");
}

function save() {
  const lines = ["case", "secret", "recovery"].map((id) => byId(id).textContent);
  const address = URL.createObjectURL(new Blob([lines.join("\n\n"), "\n"], { type: "text/plain" }));
  Object.assign(document.createElement("a"), { href: address, download: "notes.txt" }).click();
  URL.revokeObjectURL(address);
}

byId("files").addEventListener("change", (event) => add([...event.target.files])); // 2.
byId("onward").addEventListener("click", showEverything);
byId("again").addEventListener("click", () => show("choose"));
byId("send").addEventListener("click", send);
byId("save")?.addEventListener("click", save);
byId("print")?.addEventListener("click", () => print());
await open(); // 1.
