"""How the directory reaches beyond its pages: tablets, home screens, paper, other sites, feeds, search engines."""
