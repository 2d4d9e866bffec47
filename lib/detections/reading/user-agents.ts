// What kind of program a user agent is of: family and operating system, never the version, which changes every month.
// Reads what the program says of itself, which any program may make up.

const MAX_TEXT = 1_000;
/** The first that fits: most browsers name those they descend from as well. */
const FAMILIES: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['headless browser', /headless|phantomjs|puppeteer|playwright|selenium|webdriver/],
  ['curl', /^curl\//],
  ['wget', /^wget\//],
  ['python', /python|aiohttp|httpx/],
  ['go', /^go-http-client/],
  ['java', /^java\/|okhttp|apache-httpclient/],
  ['node', /^node|axios|undici|got \(/],
  ['ruby', /^ruby|faraday/],
  ['powershell', /powershell/],
  ['postman', /^postman/],
  ['asana desktop', /asanadesktop|electron/],
  ['asana mobile', /^asana\//],
  ['edge', /\bedg(e|a|ios)?\//],
  ['opera', /\bopr\//],
  ['samsung internet', /samsungbrowser/],
  ['firefox', /firefox|fxios/],
  ['chrome', /chrome|crios|chromium/],
  ['safari', /safari/],
];
const SCRIPTED: ReadonlySet<string> = new Set([
  'headless browser',
  'curl',
  'wget',
  'python',
  'go',
  'java',
  'node',
  'ruby',
  'powershell',
  'postman',
]);
const SYSTEMS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['windows', /windows/],
  ['ios', /iphone|ipad|\bios\b/],
  ['android', /android/],
  ['macos', /mac os|macintosh|darwin/],
  ['chromeos', /\bcros\b/],
  ['linux', /linux|x11/],
];

/** "chrome on windows"; what is unknown is called by its own first word. */
export function clientOf(userAgent: string): string | undefined {
  const text = userAgent.slice(0, MAX_TEXT).trim().toLowerCase();
  if (text === '') return undefined;
  const [own = text] = text.split(/[\s/(;]/);
  const system = SYSTEMS.find(([, pattern]) => pattern.test(text))?.[0];
  const family = familyOf(text) ?? (own.slice(0, 40) || 'unknown');
  return system === undefined ? family : `${family} on ${system}`;
}

/** True for programs that sign in without a person in front of them. */
export function isScripted(userAgent: string): boolean {
  return SCRIPTED.has(familyOf(userAgent.slice(0, MAX_TEXT).trim().toLowerCase()) ?? '');
}

function familyOf(text: string): string | undefined {
  return FAMILIES.find(([, pattern]) => pattern.test(text))?.[0];
}
