{{%AUTOESCAPE context="HTML"}}
{{! For search engines, and for who passes the address on. }}
  {{#LANG_EN}}<link rel="canonical" href="{{PUBLIC_URL}}{{LANG_EN_URL}}">{{/LANG_EN}}{{#LANG_ZH}}<link rel="canonical" href="{{PUBLIC_URL}}{{LANG_ZH_URL}}">{{/LANG_ZH}}
  <link rel="alternate" hreflang="en" href="{{PUBLIC_URL}}{{LANG_EN_URL}}">
  <link rel="alternate" hreflang="zh" href="{{PUBLIC_URL}}{{LANG_ZH_URL}}">
  <meta property="og:type" content="website">
  <meta property="og:site_name" content="{{m_site}}">
  <meta property="og:title" content="{{TITLE}}">
  <meta property="og:url" content="{{PUBLIC_URL}}{{PATH}}">
