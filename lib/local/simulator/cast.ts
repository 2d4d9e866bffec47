// Who and what the generated workspace is made of: people, teams, projects, apps, devices. All invented.
// Addresses are those reserved for documentation (RFC 5737, RFC 3849, RFC 2606), so they point at nobody.

export const COMPANY_DOMAIN = 'example.com';
export const WORKSPACE_GID = '1200000000000001';
export const WORKSPACE_NAME = 'Halden Works';

export interface Person {
  readonly gid: string;
  readonly name: string;
  readonly email: string;
  readonly ipAddress: string;
  readonly userAgent: string;
}

export interface Thing {
  readonly gid: string;
  readonly name: string;
}

const CHROME_WINDOWS =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const EDGE_WINDOWS =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0';
const SAFARI_MAC =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15';
const FIREFOX_LINUX = 'Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0';
export const DESKTOP_APP =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) AsanaDesktop/2.4.0 Chrome/138.0.0.0 Electron/37.2.0 Safari/537.36';
export const MOBILE_APP = 'Asana/9.12.1 (iPhone; iOS 18.5; Scale/3.00)';
export const CURL = 'curl/8.14.1';
export const PYTHON = 'python-requests/2.32.4';
const USER_AGENTS = [CHROME_WINDOWS, SAFARI_MAC, EDGE_WINDOWS, FIREFOX_LINUX];

const NAMES = [
  'Amara Okafor',
  'Beatriz Cunha',
  'Chen Yifan',
  'Dmitri Volkov',
  'Élodie Marchand',
  'Farid Rahimi',
  'Grace Whitcombe',
  'Hiroshi Tanabe',
  'Inés Valverde',
  'Jonas Lindqvist',
  'Kavita Raman',
  'Liam O’Connell',
  'Mirela Popescu',
  'Nadia Haddad',
  'Oskar Wiśniewski',
  'Priya Deshmukh',
  'Quentin Baptiste',
  'Rosa Delgado',
  'Søren Mikkelsen',
  'Tamsin Ferreira',
  'Umut Yıldız',
  'Valentina Rossi',
  'Wanjiru Kamau',
  'Zoltán Kiss',
];

export const PEOPLE: readonly Person[] = NAMES.map((name, position) => ({
  gid: `12010000000001${String(position).padStart(2, '0')}`,
  name,
  email: `${asciiOf(name)}@${COMPANY_DOMAIN}`,
  ipAddress:
    position % 6 === 5
      ? `2001:db8:4a::${(position + 16).toString(16)}`
      : `${position % 2 === 0 ? '192.0.2' : '198.51.100'}.${20 + position}`,
  userAgent: USER_AGENTS[position % USER_AGENTS.length] ?? CHROME_WINDOWS,
}));

/** The two who look after the workspace: the first is hijacked by the attacks, daily life has the second do the settings. */
export const ADMINS: readonly [Person, Person] = PEOPLE.slice(6, 8) as [Person, Person];

/** Nobody sees her in daily life. */
export const COLLEAGUE_ON_LEAVE: Person = {
  gid: '1201000000000190',
  name: 'Yara Santos',
  email: `yara.santos@${COMPANY_DOMAIN}`,
  ipAddress: '192.0.2.90',
  userAgent: SAFARI_MAC,
};

export const TEAMS = things('12020000000001', [
  'Product',
  'Platform Engineering',
  'Finance',
  'People & Culture',
  'Customer Success',
  'Marketing',
]);
export const PROJECTS = things('12030000000001', [
  'Website relaunch',
  'Q4 planning',
  'Supplier onboarding',
  'Invoice automation',
  'Incident follow-ups',
  'Hiring: backend',
  'Customer interviews',
  'Trade fair Hannover',
  'Mobile app 3.0',
  'Office move',
]);
export const PORTFOLIOS = things('12040000000001', ['Company goals', 'Engineering roadmap']);
export const APPS = things('12050000000001', [
  'Slack',
  'Google Calendar',
  'Jira Cloud',
  'Zoom',
  'Power BI',
]);
export const TASKS = [
  'Draft the budget',
  'Review contract with supplier',
  'Fix login redirect',
  'Write release notes',
  'Call the printer',
  'Update privacy notice',
  'Prepare board slides',
  'Order laptops',
  'Old copy of checklist',
  'Plan retrospective',
];
export const FILES = [
  'budget-2026.xlsx',
  'logo-final.svg',
  'contract-signed.pdf',
  'screenshot 14.png',
  'interview-notes.docx',
  'roadmap.pptx',
];

function things(prefix: string, names: readonly string[]): readonly Thing[] {
  return names.map((name, position) => ({
    gid: `${prefix}${String(position).padStart(2, '0')}`,
    name,
  }));
}

function asciiOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll('ı', 'i')
    .replaceAll('ø', 'o')
    .normalize('NFD')
    .replace(/[^a-z ]/g, '')
    .replaceAll(' ', '.');
}
