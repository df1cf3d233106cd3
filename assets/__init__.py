"""Icons, styles and sample documents. A package only so that an installed RagDesk finds them as `ragdesk.assets`."""
