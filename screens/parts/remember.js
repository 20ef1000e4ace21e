export default function ({ data }) {
  for (const [name, value] of Object.entries(data.cookies)) {
    document.cookie = name + "=" + value + "; path=/; max-age=31536000; samesite=lax";
  }
  document.documentElement.lang = data.lang;
}
